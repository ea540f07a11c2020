import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODEL, PROXY, ROOT, RUN, portOf, setupArtifactApi } from "../../../helpers/setup-artifacts.ts";

const setup = (options: Parameters<typeof setupArtifactApi>[0] = {}) => {
  const api = setupArtifactApi(options);
  const send = (
    method: "GET" | "HEAD" | "PUT" | "DELETE" | "POST",
    url: string,
    payload?: string | Buffer,
    headers: Record<string, string> = {},
  ) => api.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  const put = (path: string, body: string | Buffer = "x", headers: Record<string, string> = {}) =>
    send("PUT", `${PROXY}/${path}`, body, headers);
  const get = (path: string, headers: Record<string, string> = {}) =>
    send("GET", `${PROXY}/${path}`, undefined, headers);
  return { ...api, send, putFile: put, get };
};

/** Descriptors of this process that are open on a blob. Linux only. */
const openBlobs = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    const link = `/proc/self/fd/${fd}`;
    return existsSync(link) && readlinkSync(link).includes("/blobs/");
  }).length;

const invalid = (response: { statusCode: number; json: () => unknown }): void => {
  expect([response.statusCode, response.json()]).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
};

test("what was put is got, under both spellings of the path, and is overwritten by the next put", async () => {
  const { putFile, get, send } = setup();
  expect(await putFile(`${ROOT}/a/b.txt`, "hello", { "content-type": "application/json" })).toMatchObject({
    statusCode: 200,
    body: "",
  });
  expect(await get(`${ROOT}/a/b.txt`)).toMatchObject({
    statusCode: 200,
    body: "hello",
    headers: { "content-length": "5", "content-type": "text/plain" },
  });
  await putFile(`${ROOT}/a/b.txt`, "second");
  expect((await send("GET", `/ajax-api/2.0/mlflow-artifacts/artifacts/${ROOT}/a/b.txt`)).body).toBe("second");
});

test("a put without a body is an empty file", async () => {
  const { send, get } = setup();
  expect((await send("PUT", `${PROXY}/${ROOT}/empty`)).statusCode).toBe(200);
  expect(await get(`${ROOT}/empty`)).toMatchObject({ statusCode: 200, body: "", headers: { "content-length": "0" } });
});

test.each([
  ["/../../etc/passwd", "P01"],
  ["%2e%2e/x", "P01"],
  ["%2e%2e%2fx", "P01"],
  ["a/../../b", "P01, P07"],
  ["%252e%252e%252fx", "P02"],
  ["%25252e%25252e%25252fx", "P02"],
  ["/etc/passwd", "P03: //etc/passwd"],
  ["%2Fetc/passwd", "P03"],
  ["C:/windows", "P03"],
  ["C:%5Cwindows", "P03"],
  ["file:%2f%2fetc", "P03"],
  ["a/..%5c..%5cpwn.txt", "P04, P05"],
  ["a%255cb", "P05, decoded again by a client"],
  ["ok.txt%00.png", "P10"],
  ["a%0ab", "P10"],
  ["%c0%ae%c0%ae/x", "P11"],
  ["%EF%BC%8E%EF%BC%8E/x", "P11"],
  ["a%23b", "MLflow refuses '#'"],
  [`${ROOT}/${"n".repeat(300)}`, "P08"],
  [Array.from({ length: 33 }, () => "d").join("/"), "too deep"],
  [Array.from({ length: 9 }, () => "n".repeat(200)).join("/"), "too long"],
])("the path %s is refused for put, get and delete (%s)", async (path) => {
  const { sendRaw, store } = setup();
  for (const method of ["PUT", "GET", "DELETE"])
    invalid(await sendRaw(method, `${PROXY}/${path}`, method === "PUT" ? "x" : ""));
  expect(store.list("")).toEqual([]);
});

test.each([".", `${ROOT}/.`, `${ROOT}/a/./c.txt`, `${ROOT}/dir/`, ""])(
  "P08: nothing can be put at '%s'",
  async (path) => {
    invalid(await setup().sendRaw("PUT", `${PROXY}/${path}`, "x"));
  },
);

test("P08: a path is a file or a folder, never both", async () => {
  const { putFile, get } = setup();
  await putFile(`${ROOT}/a/b.txt`);
  invalid(await putFile(`${ROOT}/a/b.txt/below`));
  invalid(await putFile(`${ROOT}/a/b.txt/deep/below`));
  invalid(await putFile(`${ROOT}/a`));
  invalid(await get(`${ROOT}/a`));
  expect((await get(`${ROOT}/a/b.txt/below`)).json()).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
});

test("P06: names that only Windows minds are kept, and no user text becomes a file name", async () => {
  const { putFile, get, root } = setup();
  for (const name of ["con", "x.txt::$DATA", "trailing.", "Case", "case", "한글.txt", "a%25b", "q%3Fz", "plus+x"]) {
    expect((await putFile(`${ROOT}/${name}`, name)).statusCode).toBe(200);
    expect((await get(`${ROOT}/${name}`)).body).toBe(name);
  }
  const files = readdirSync(join(root, "blobs"), { recursive: true }).map(String);
  expect(files.every((file) => /^[0-9a-f]{2}(\/[0-9a-f]{64})?$/.test(file))).toBe(true);
});

test("P12: the listings and get-artifact read paths by the same rules", async () => {
  const { send } = setup();
  for (const path of ["../..", "%252e%252e", "/etc", "a\\b", "..%2f"]) {
    const query = `path=${path.replace("\\", "%5C")}`;
    invalid(await send("GET", `${PROXY}?${query}`));
    invalid(await send("GET", `/api/2.0/mlflow/artifacts/list?run_id=${RUN}&${query}`));
    invalid(await send("GET", `/get-artifact?run_id=${RUN}&${query}`));
    invalid(await send("GET", `/model-versions/get-artifact?name=model&version=1&${query}`));
    invalid(await send("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}&${query}`, "x"));
    invalid(
      await send(
        "GET",
        `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files?artifact_file_path=${query.slice(5)}`,
      ),
    );
    invalid(
      await send(
        "GET",
        `/api/2.0/mlflow/logged-models/${MODEL}/artifacts/directories?artifact_directory_path=${query.slice(5)}`,
      ),
    );
  }
});

test("P24: an upload that is cut off is not visible and leaves no file", async () => {
  const { app, store, root } = setup();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const port = portOf(app);
  for (const sent of [5_000, 600_000]) {
    await new Promise<void>((resolve) => {
      const request = httpRequest({
        port,
        method: "PUT",
        path: `${PROXY}/${ROOT}/cut.bin`,
        headers: { "content-length": 1_000_000 },
      });
      request.on("error", () => resolve());
      request.write(Buffer.alloc(sent), () => setTimeout(() => request.destroy(), 50));
    });
  }
  await expect.poll(() => readdirSync(join(root, "staging"))).toEqual([]);
  expect(store.list("")).toEqual([]);
  expect(readdirSync(join(root, "blobs"))).toEqual([]);
});

test("P25: a body that is not what its Content-Digest says is refused and not kept", async () => {
  const { putFile, get, store } = setup();
  const digest = (text: string): string => `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;
  invalid(await putFile(`${ROOT}/a`, "hello", { "content-digest": digest("other") }));
  invalid(await putFile(`${ROOT}/a`, "hello", { "content-digest": "sha-256=:AAAA:" }));
  expect(store.list("")).toEqual([]);
  expect(
    (await putFile(`${ROOT}/a`, "hello", { "content-digest": `sha-512=:AAAA:, ${digest("hello")}` })).statusCode,
  ).toBe(200);
  expect((await get(`${ROOT}/a`)).body).toBe("hello");
});

test.each([
  ["bytes=0-1", 206, "he", "bytes 0-1/6"],
  ["bytes=2-", 206, "llo2", "bytes 2-5/6"],
  ["bytes=-2", 206, "o2", "bytes 4-5/6"],
  ["bytes=0-100", 206, "hello2", "bytes 0-5/6"],
  ["bytes=10-", 416, "", "bytes */6"],
  ["bytes=-0", 416, "", "bytes */6"],
  ["bytes=0-1,3-4", 200, "hello2", undefined],
])("Range %s is answered with %i", async (range, status, body, contentRange) => {
  const { putFile, get } = setup();
  await putFile(`${ROOT}/a.txt`, "hello2");
  const response = await get(`${ROOT}/a.txt`, { range });
  expect([response.statusCode, response.body, response.headers["content-range"]]).toEqual([status, body, contentRange]);
  expect(response.headers["content-length"]).toBe(String(body.length));
});

test.each(["bytes=3-1", "items=0-1", "bytes=abc", "bytes=-"])("Range %s is 400", async (range) => {
  const { putFile, get } = setup();
  await putFile(`${ROOT}/a.txt`, "hello2");
  invalid(await get(`${ROOT}/a.txt`, { range }));
});

test("ranges of a long file are read from their place; the whole is what was sent", async () => {
  const { putFile, app } = setup();
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
  await putFile(`${ROOT}/big.bin`, body);
  const get = (headers: Record<string, string>) =>
    app.inject({ method: "GET", url: `${PROXY}/${ROOT}/big.bin`, headers });
  expect((await get({})).rawPayload.equals(body)).toBe(true);
  expect((await get({ range: "bytes=1048575-2097153" })).rawPayload.equals(body.subarray(1048575, 2097154))).toBe(true);
});

test("a body larger than any JSON body may be is taken, of a known and of an unknown length", async () => {
  const { app, store } = setup();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${portOf(app)}${PROXY}/${ROOT}`;
  const body = Buffer.alloc(20 * 1024 * 1024, 5);
  const chunked = new Blob([body]).stream();
  expect((await fetch(`${url}/known`, { method: "PUT", body })).status).toBe(200);
  expect((await fetch(`${url}/unknown`, { method: "PUT", body: chunked, duplex: "half" } as RequestInit)).status).toBe(
    200,
  );
  expect(store.list(ROOT)).toEqual([
    { name: "known", size: body.length },
    { name: "unknown", size: body.length },
  ]);
});

test("HEAD tells size and type without the bytes; an unchanged file is 304; If-Range of another version is answered whole", async () => {
  const { putFile, send, get } = setup();
  await putFile(`${ROOT}/a.json`, "{}");
  const head = await send("HEAD", `${PROXY}/${ROOT}/a.json`);
  expect([head.statusCode, head.body, head.headers["content-length"], head.headers["content-type"]]).toEqual([
    200,
    "",
    "2",
    "text/plain",
  ]);
  const etag = String(head.headers.etag);
  expect((await get(`${ROOT}/a.json`, { "if-none-match": etag })).statusCode).toBe(304);
  expect((await get(`${ROOT}/a.json`, { range: "bytes=0-0", "if-range": etag })).statusCode).toBe(206);
  expect((await get(`${ROOT}/a.json`, { range: "bytes=0-0", "if-range": '"other"' })).statusCode).toBe(200);
});

test("X01: a file never runs on our origin: attachment, nosniff, sandbox, and active types as plain bytes", async () => {
  const { putFile, get } = setup();
  for (const name of ["x.html", "x.svg", "x.xhtml", "x.HTM"]) {
    await putFile(`${ROOT}/${name}`, "<script>");
    const { headers } = await get(`${ROOT}/${name}`);
    expect(headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename=${name}`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  }
});

test("lists name folders and files as MLflow does: below the root, below a run, below a logged model", async () => {
  const { putFile, send } = setup();
  for (const path of ["b.txt", "d/x.txt", "d/e/y.txt", "d-e", "ünï"]) await putFile(`${ROOT}/${path}`, "123");
  await putFile(`0/models/${MODEL}/artifacts/MLmodel`, "m");
  const list = async (url: string) => (await send("GET", url)).json<{ files?: unknown[] }>();
  expect(await list(PROXY)).toEqual({ files: [{ path: "0", is_dir: true }] });
  expect(await list(`${PROXY}?path=${ROOT}`)).toEqual({
    files: [
      { path: "b.txt", is_dir: false, file_size: 3 },
      { path: "d", is_dir: true },
      { path: "d-e", is_dir: false, file_size: 3 },
      { path: "ünï", is_dir: false, file_size: 3 },
    ],
  });
  const ofRun = (path: string) => list(`/api/2.0/mlflow/artifacts/list?run_id=${RUN}${path}`);
  const root_uri = `mlflow-artifacts:/${ROOT}`;
  expect(await ofRun("&path=d")).toEqual({
    root_uri,
    files: [
      { path: "d/e", is_dir: true },
      { path: "d/x.txt", is_dir: false, file_size: 3 },
    ],
  });
  expect(await ofRun("&path=d//e")).toEqual({ root_uri, files: [{ path: "d//e/y.txt", is_dir: false, file_size: 3 }] });
  expect(await ofRun("&path=./d/e/")).toEqual({
    root_uri,
    files: [{ path: "./d/e/y.txt", is_dir: false, file_size: 3 }],
  });
  expect(await ofRun("&path=b.txt")).toEqual({ root_uri });
  expect(await ofRun("&path=nope")).toEqual({ root_uri });
  expect((await list(`/ajax-api/2.0/mlflow/artifacts/list?run_uuid=${RUN}`)).files).toHaveLength(4);
  expect(await list(`/api/2.0/mlflow/logged-models/${MODEL}/artifacts/directories`)).toEqual({
    root_uri: `mlflow-artifacts:/0/models/${MODEL}/artifacts`,
    files: [{ path: "MLmodel", is_dir: false, file_size: 1 }],
  });
});

test("a delete takes a file or a tree; what is not there is no error; the root stays", async () => {
  const { putFile, send, store } = setup();
  for (const path of ["a", "d/x", "d/e/y"]) await putFile(`${ROOT}/${path}`);
  expect((await send("DELETE", `${PROXY}/${ROOT}/a`, "{}", { "content-type": "application/json" })).json()).toEqual({});
  expect((await send("DELETE", `${PROXY}/${ROOT}/nope`)).statusCode).toBe(200);
  expect(store.list(ROOT)).toEqual([{ name: "d", size: null }]);
  expect((await send("DELETE", `${PROXY}/${ROOT}`)).statusCode).toBe(200);
  expect(store.list("")).toEqual([]);
  expect((await send("DELETE", `${PROXY}/`)).statusCode).toBe(404);
});

test("a run's, a version's and a logged model's files are downloaded by their owners", async () => {
  const { putFile, send } = setup();
  await putFile(`${ROOT}/model/MLmodel`, "mm");
  await putFile(`0/models/${MODEL}/artifacts/d/f`, "ff");
  expect((await send("GET", `/get-artifact?run_uuid=${RUN}&path=model%2FMLmodel`)).body).toBe("mm");
  expect((await send("GET", "/model-versions/get-artifact?name=model&version=1&path=MLmodel")).body).toBe("mm");
  expect(
    (await send("GET", `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files?artifact_file_path=d/f`)).body,
  ).toBe("ff");
  invalid(await send("GET", `/get-artifact?run_id=${RUN}&path=model`));
  expect((await send("GET", `/get-artifact?run_id=${RUN}&path=nope`)).statusCode).toBe(404);
  expect((await send("GET", "/get-artifact?run_id=other&path=x")).json()).toMatchObject({
    error_code: "RESOURCE_DOES_NOT_EXIST",
  });
  invalid(await send("GET", `/get-artifact?run_id=${RUN}`));
  invalid(await send("GET", "/model-versions/get-artifact?name=model&path=x"));
  expect((await send("GET", `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files`)).json()).toMatchObject({
    error_code: "BAD_REQUEST",
  });
});

test("upload-artifact takes 1 byte to 10 MiB", async () => {
  const { send, get } = setup();
  const url = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}&path=u/a.json`;
  expect((await send("POST", url, '{"a":1}', { "content-type": "application/json" })).statusCode).toBe(200);
  expect((await get(`${ROOT}/u/a.json`)).body).toBe('{"a":1}');
  invalid(await send("POST", url));
  invalid(await send("POST", url, Buffer.alloc(10 * 1024 * 1024 + 1)));
  invalid(await send("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}`, "x"));
  invalid(await send("POST", "/ajax-api/2.0/mlflow/upload-artifact?path=x", "x"));
  expect((await send("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=other&path=x", "x")).statusCode).toBe(404);
});

test("multipart is not implemented, so that clients upload in one piece; traces do not exist yet", async () => {
  const { send, sendRaw } = setup();
  for (const step of ["create", "complete", "abort"])
    expect(
      (
        await send("POST", `/api/2.0/mlflow-artifacts/mpu/${step}/${ROOT}`, "{}", {
          "content-type": "application/json",
        })
      ).json(),
    ).toMatchObject({
      error_code: "NOT_IMPLEMENTED",
    });
  invalid(await sendRaw("POST", "/api/2.0/mlflow-artifacts/mpu/create/../x", "{}"));
  expect((await send("GET", `/api/2.0/mlflow-artifacts/presigned/${ROOT}/x`)).statusCode).toBe(501);
  expect((await send("GET", "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=x")).json()).toMatchObject({
    error_code: "ENDPOINT_NOT_FOUND",
  });
});

test("with little disk left uploads are 507 and reads go on", async () => {
  const free = { yes: true };
  const { putFile, get } = setup({ canUpload: () => free.yes });
  await putFile(`${ROOT}/a`, "x");
  free.yes = false;
  expect(
    [await putFile(`${ROOT}/b`, "y")].map((r) => [r.statusCode, r.json<{ error_code: string }>().error_code]),
  ).toEqual([[507, "RESOURCE_EXHAUSTED"]]);
  expect((await get(`${ROOT}/a`)).body).toBe("x");
});

test("a file that a fixed version holds is neither overwritten nor deleted, and nothing beside it goes", async () => {
  const { putFile, send, get } = setup({ fixedBy: (path) => (fixed.has(path) ? "version 3 of 'churn'" : undefined) });
  const fixed = new Set<string>();
  await putFile(`${ROOT}/model/a`, "a");
  await putFile(`${ROOT}/model/b`, "b");
  fixed.add(`${ROOT}/model/b`);
  expect((await putFile(`${ROOT}/model/b`, "c")).json<{ message: string }>().message).toContain("version 3 of 'churn'");
  invalid(await send("DELETE", `${PROXY}/${ROOT}/model/b`));
  invalid(await send("DELETE", `${PROXY}/${ROOT}/model`));
  expect([(await get(`${ROOT}/model/a`)).body, (await get(`${ROOT}/model/b`)).body]).toEqual(["a", "b"]);
});

test("a client that goes away in the middle of a file is no error, and its file is closed", async () => {
  const { putFile, app, errors } = setup();
  await putFile(`${ROOT}/big`, Buffer.alloc(30_000_000, 7));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await new Promise<IncomingMessage>((resolve) =>
    httpRequest({ port: portOf(app), path: `${PROXY}/${ROOT}/big` }, resolve).end(),
  );
  await once(response, "readable");
  response.destroy();
  await expect.poll(() => openBlobs(), { timeout: 5000 }).toBe(0);
  expect(errors).toEqual([]);
});

test("a blob that changed on disk is never served to its end", async () => {
  const { putFile, blobs, app, errors } = setup();
  const body = Buffer.alloc(2_500_000, 7);
  await putFile(`${ROOT}/big`, body);
  const file = blobs.fileOf(createHash("sha256").update(body).digest("hex"));
  writeFileSync(file, Buffer.alloc(2_500_000, 8));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const port = portOf(app);
  const response = await fetch(`http://127.0.0.1:${port}${PROXY}/${ROOT}/big`);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(errors).toMatchObject([{ kind: "corrupt" }]);
  writeFileSync(file, "short");
  const refused = await fetch(`http://127.0.0.1:${port}${PROXY}/${ROOT}/big`);
  expect([refused.status, await refused.json()]).toMatchObject([500, { error_code: "DATA_LOSS" }]);
  expect(existsSync(file)).toBe(true);
});

test("each put and delete is audited and marks the run it belongs to", async () => {
  const { putFile, send, db } = setup();
  await putFile(`${ROOT}/a`, "x");
  await putFile(`elsewhere/a`, "x");
  await send("DELETE", `${PROXY}/${ROOT}/a`);
  const uid = db.prepare("SELECT uid FROM runs").pluck().get();
  expect(db.prepare("SELECT action, kind, subject FROM audit ORDER BY seq").all()).toEqual([
    { action: "artifact.put", kind: "run", subject: `${ROOT}/a` },
    { action: "artifact.put", kind: "artifact", subject: "elsewhere/a" },
    { action: "artifact.delete", kind: "run", subject: `${ROOT}/a` },
  ]);
  expect(db.prepare("SELECT rev FROM changes WHERE kind = 'run' AND uid = ?").pluck().get(uid)).toBe(3);
});
