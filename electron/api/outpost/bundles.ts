/** Bundles, as the page asks for them. What makes and opens them is the host's to hand in: this layer never meets it. */
import type { FastifyInstance } from "fastify";
import type { Endpoint, RequestOf, ResponseOf } from "../../../shared/api/endpoint.ts";
import {
  createBundle,
  discardIncoming,
  forgetBundleKey,
  getBundleKeys,
  getBundleResult,
  INCOMING_PATH,
  listBundles,
  openBundle,
  trustBundleKey,
  writeBundleReceipt,
  type BundleFile,
} from "../../../shared/api/outpost/bundles.ts";
import { restOfPath } from "../mlflow/artifact-files.ts";
import { afterBody, bodyOf } from "../mlflow/upload.ts";
import { sendJson, type Caller, type Route, type RouteDeps } from "../route.ts";
import { acts } from "./jobs.ts";

type Does<E extends Endpoint> = (input: RequestOf<E>, caller: Caller) => ResponseOf<E> | Promise<ResponseOf<E>>;

/** What bundles offer: a function for each endpoint. @throws DomainError all of them. */
export interface BundlesFacade {
  readonly getBundleKeys: Does<typeof getBundleKeys>;
  readonly trustBundleKey: Does<typeof trustBundleKey>;
  readonly forgetBundleKey: Does<typeof forgetBundleKey>;
  readonly listBundles: Does<typeof listBundles>;
  readonly discardIncoming: Does<typeof discardIncoming>;
  readonly createBundle: Does<typeof createBundle>;
  readonly openBundle: Does<typeof openBundle>;
  readonly writeBundleReceipt: Does<typeof writeBundleReceipt>;
  readonly getBundleResult: Does<typeof getBundleResult>;
  /** Takes a dropped file in; `size` is what the client announced. */
  readonly receive: (
    name: string,
    body: AsyncIterable<Uint8Array>,
    size: number | undefined,
    caller: Caller,
  ) => Promise<BundleFile>;
}

export const bundleRoutes = (facade: BundlesFacade): Route[] => [
  acts(getBundleKeys, facade.getBundleKeys),
  acts(trustBundleKey, facade.trustBundleKey),
  acts(forgetBundleKey, facade.forgetBundleKey),
  acts(listBundles, facade.listBundles),
  acts(discardIncoming, facade.discardIncoming),
  acts(createBundle, facade.createBundle),
  acts(openBundle, facade.openBundle),
  acts(writeBundleReceipt, facade.writeBundleReceipt),
  acts(getBundleResult, facade.getBundleResult),
];

const SEGMENTS = INCOMING_PATH.split("/").length - 1;

/** Mounts the upload in a scope of its own, where a body of any type is handed over as a stream. */
export const mountBundleUpload = (app: FastifyInstance, { callerOf }: RouteDeps, facade: BundlesFacade): void => {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, body, next) => next(null, body));
    scope.put(`${INCOMING_PATH}/*`, async (request, reply) => {
      const length = request.headers["content-length"];
      const size = length === undefined ? undefined : Number(length);
      const file = await afterBody(request, async () =>
        facade.receive(restOfPath(request, SEGMENTS), bodyOf(request), size, callerOf(request)),
      );
      return sendJson(reply, file);
    });
    done();
  });
};
