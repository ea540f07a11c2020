/** What a server answers that is not as it should be. The real one is judged in test/conformance/mlflow-remote.test.ts. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { RemoteError, type RemoteTrouble } from "../../../../electron/remote/errors.ts";
import { type Access, mlflowRemote } from "../../../helpers/mlflow-remote.ts";
import { password } from "../../../helpers/canary.ts";

type Answer = { status?: number; json?: unknown; text?: string };

const setup = async (answer: (path: string, request: IncomingMessage) => Answer, access: Access = {}) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { pathname } = new URL(request.url ?? "", "http://x");
      asked.push(`${request.method ?? ""} ${pathname}`);
      const { status = 200, json, text } = answer(pathname, request);
      response.writeHead(status, json === undefined ? {} : { "content-type": "application/json" });
      response.end(text ?? (json === undefined ? "" : JSON.stringify(json)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const remote = mlflowRemote(`http://127.0.0.1:${port}`, access);
  onTestFinished(() => {
    remote.close();
    server.closeAllConnections();
    server.close();
  });
  return { remote, asked };
};

const troubleOf = async (call: Promise<unknown>): Promise<RemoteTrouble | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof RemoteError) return error.trouble;
    throw error;
  }
};

const run = (artifact_uri: string) => ({ run: { info: { run_id: "r", experiment_id: "1", artifact_uri } } });
const ref = { kind: "run", id: "r" } as const;

test("a model that the server says is not there is undefined; an address without MLflow is an error", async () => {
  const { remote } = await setup((path) =>
    path.endsWith("registered-models/get")
      ? { status: 404, json: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "no" } }
      : { status: 404, json: { message: "no route" } },
  );
  expect(await remote.find("registered_model", "m", null)).toBeUndefined();
  await expect(remote.find("experiment", "e", null)).rejects.toThrow("is this the address of an MLflow server?");
});

test.each([
  [400, "RESOURCE_ALREADY_EXISTS", "exists"],
  [400, "INVALID_PARAMETER_VALUE", "invalid"],
  [403, "PERMISSION_DENIED", "forbidden"],
  [401, "UNAUTHENTICATED", "auth"],
  [500, "INTERNAL_ERROR", "unavailable"],
])("an answer %s %s to a creation is '%s'", async (status, error_code, trouble) => {
  const { remote } = await setup(() => ({ status, json: { error_code, message: "no" } }));
  const made = remote.create({ kind: "experiment", name: "e", parent: null, fields: {} });
  expect(await troubleOf(made)).toBe(trouble);
});

test("a creation whose second step fails may have been done", async () => {
  const { remote } = await setup((path) =>
    path.endsWith("runs/create")
      ? { json: run("") }
      : { status: 400, json: { error_code: "INVALID_PARAMETER_VALUE", message: "no" } },
  );
  const made = remote.create({ kind: "run", name: "r", parent: "1", fields: { start_time: "5", "param/p": "1" } });
  await expect(made).rejects.toMatchObject({ trouble: "invalid", maybeDone: true });
});

test("files in a store that only the server reaches are read through it, and refused to be written", async () => {
  const { remote, asked } = await setup((path) => {
    if (path.endsWith("runs/get")) return { json: run("s3://bucket/key?secret=1") };
    if (path.endsWith("artifacts/list"))
      return { json: { files: [{ path: "model/MLmodel", is_dir: false, file_size: 4 }] } };
    return { text: "body" };
  });
  expect(await remote.files(ref)).toEqual([{ path: "MLmodel", size: 4, sha256: undefined, twins: 0 }]);
  await remote.getFile(ref, "MLmodel", { from: 0, etag: undefined });
  expect(asked.at(-1)).toBe("GET /get-artifact");
  const open = () => Readable.from([]);
  const put = remote.putFile(ref, { path: "a", size: 0, sha256: "", open });
  await expect(put).rejects.toThrow("The files are at s3:…");
});

test("a file that the server lists under the name of a parent is not believed", async () => {
  const { remote } = await setup((path) =>
    path.endsWith("runs/get")
      ? { json: run("mlflow-artifacts:/1/r/artifacts") }
      : { json: { files: [{ path: "..", is_dir: false, file_size: 4 }] } },
  );
  expect(await troubleOf(remote.files(ref))).toBe("garbled");
});

test("an upload is done when the server says nothing", async () => {
  const { remote, asked } = await setup((path) =>
    path.endsWith("runs/get") ? { json: run("mlflow-artifacts:/1/r/artifacts") } : {},
  );
  await remote.putFile(ref, { path: "a b", size: 2, sha256: "", open: () => Readable.from([Buffer.from("ab")]) });
  expect(asked.at(-1)).toBe("PUT /api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/a%20b");
});

test("a name and a password travel as basic authentication", async () => {
  const seen: (string | undefined)[] = [];
  const { remote } = await setup(
    (_path, { headers }) => {
      seen.push(headers.authorization);
      return { json: { experiments: [] } };
    },
    { authHeader: "mlflow", token: `sujin:${password("pass word ")}` },
  );
  await remote.list({ of: "experiments" }, undefined);
  expect(seen).toEqual([`Basic ${Buffer.from(`sujin:${password("pass word ")}`).toString("base64")}`]);
});

test("a token that may only read is found out without a write", async () => {
  const { remote, asked } = await setup((path) => {
    if (path === "/version") return { text: "3.17.2" };
    if (path.endsWith("set-experiment-tag"))
      return { status: 403, json: { error_code: "PERMISSION_DENIED", message: "viewers read" } };
    if (path.endsWith("experiments/get"))
      return { json: { experiment: { experiment_id: "0", name: "Default", creation_time: 5 } } };
    return { json: {} };
  });
  const probe = await remote.probe();
  expect(probe.rights).toEqual(["read", "search"]);
  expect(probe.missing.map(({ right }) => right)).toEqual(["write", "upload", "delete"]);
  expect(asked.filter((each) => each.startsWith("POST"))).toHaveLength(1);
});

test("what is no MLflow is not taken for one", async () => {
  const { remote } = await setup(() => ({ text: "hello" }));
  expect(await troubleOf(remote.probe())).toBe("garbled");
});
