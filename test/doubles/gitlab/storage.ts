/** What stands for the object storage: signed addresses only, and nobody's token. */
import { type Answer, type Refusal, message } from "./http.ts";
import { download } from "./package-files.ts";
import { type Call, type Found, type Route, route } from "./routes.ts";
import type { PackageFile, State } from "./state.ts";

const xml = (status: number, code: string): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`,
});

const find = (state: State, id: number): PackageFile | undefined =>
  [...state.packages.values()].flatMap((each) => each.files).find((file) => file.id === id);

const get = (call: Call): Answer => {
  // Two ways to prove who one is are one too many: a real store refuses, and a token has leaked.
  if (call.headers.authorization !== undefined || call.headers["private-token"] !== undefined)
    return xml(400, "InvalidArgument");
  const file = find(call.state, Number(call.path["file"]));
  if (!file) return xml(404, "NoSuchKey");
  if (call.query.get("X-Amz-Signature") !== file.sha1) return xml(403, "SignatureDoesNotMatch");
  return download({ ...call, state: { ...call.state, options: { ...call.state.options, ranges: true } } }, file);
};

const storageRoute: Route = route("GET", "/bucket/:file", "storage.get", get);

export const storageAnswer = (path: string): Found | Refusal => {
  const match = storageRoute.pattern.exec(path);
  return match ? { route: storageRoute, rawPath: match.groups ?? {} } : message(404, "404 Not Found");
};
