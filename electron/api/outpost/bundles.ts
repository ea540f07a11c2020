/** Bundles, as the page asks for them. What makes and opens them is the host's to hand in: this layer never meets it. */
import type { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Endpoint, RequestOf, ResponseOf } from "../../../shared/api/endpoint.ts";
import {
  createBundle,
  discardIncoming,
  discardMade,
  forgetBundleKey,
  getBundleKeys,
  getBundleResult,
  INCOMING_PATH,
  listBundles,
  MADE_PATH,
  openBundle,
  trustBundleKey,
  writeBundleReceipt,
  type BundleFile,
} from "../../../shared/api/outpost/bundles.ts";
import { restOfPath } from "../mlflow/artifact-files.ts";
import { attachment } from "../mlflow/artifact-types.ts";
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
  readonly discardMade: Does<typeof discardMade>;
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
  /** The bytes of a bundle that was made here. */
  readonly read: (name: string, caller: Caller) => Promise<{ readonly size: number; readonly stream: Readable }>;
}

export const bundleRoutes = (facade: BundlesFacade): Route[] => [
  acts(getBundleKeys, facade.getBundleKeys),
  acts(trustBundleKey, facade.trustBundleKey),
  acts(forgetBundleKey, facade.forgetBundleKey),
  acts(listBundles, facade.listBundles),
  acts(discardIncoming, facade.discardIncoming),
  acts(discardMade, facade.discardMade),
  acts(createBundle, facade.createBundle),
  acts(openBundle, facade.openBundle),
  acts(writeBundleReceipt, facade.writeBundleReceipt),
  acts(getBundleResult, facade.getBundleResult),
];

const SEGMENTS = INCOMING_PATH.split("/").length - 1;

/** Mounts the download, and the upload in a scope of its own, where a body of any type is handed over as a stream. */
export const mountBundleFiles = (app: FastifyInstance, { callerOf }: RouteDeps, facade: BundlesFacade): void => {
  app.get(`${MADE_PATH}/*`, { exposeHeadRoute: false }, async (request, reply) => {
    const name = restOfPath(request, SEGMENTS);
    const { size, stream } = await facade.read(name, callerOf(request));
    return reply
      .headers({
        "content-type": "application/octet-stream",
        "content-length": String(size),
        "content-disposition": attachment(name),
        "content-security-policy": "sandbox; default-src 'none'",
      })
      .send(stream);
  });
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
