import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODEL, PROXY, ROOT, RUN, portOf, setupFiles, expectInvalid } from "../../../helpers/setup-artifacts.ts";

test("what was put is got, under both spellings of the path, and is overwritten by the next put", async () => {
  const { putFile, get, send } = setupFiles();
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
  const { send, get } = setupFiles();
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
  const { sendRaw, store } = setupFiles();
  for (const method of ["PUT", "GET", "DELETE"])
    expectInvalid(await sendRaw(method, `${PROXY}/${path}`, method === "PUT" ? "x" : ""));
  expect(store.list("")).toEqual([]);
});

test.each([".", `${ROOT}/.`, `${ROOT}/a/./c.txt`, `${ROOT}/dir/`, ""])(
  "P08: nothing can be put at '%s'",
  async (path) => {
    expectInvalid(await setupFiles().sendRaw("PUT", `${PROXY}/${path}`, "x"));
  },
);

test("P08: a path is a file or a folder, never both", async () => {
  const { putFile, get } = setupFiles();
  await putFile(`${ROOT}/a/b.txt`);
  expectInvalid(await putFile(`${ROOT}/a/b.txt/below`));
  expectInvalid(await putFile(`${ROOT}/a/b.txt/deep/below`));
  expectInvalid(await putFile(`${ROOT}/a`));
  expectInvalid(await get(`${ROOT}/a`));
  expect((await get(`${ROOT}/a/b.txt/below`)).json()).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
});

test("P06: names that only Windows minds are kept, and no user text becomes a file name", async () => {
  const { putFile, get, root } = setupFiles();
  for (const name of ["con", "x.txt::$DATA", "trailing.", "Case", "case", "한글.txt", "a%25b", "q%3Fz", "plus+x"]) {
    expect((await putFile(`${ROOT}/${name}`, name)).statusCode).toBe(200);
    expect((await get(`${ROOT}/${name}`)).body).toBe(name);
  }
  const files = readdirSync(join(root, "blobs"), { recursive: true }).map(String);
  expect(files.every((file) => /^[0-9a-f]{2}(\/[0-9a-f]{64})?$/.test(file))).toBe(true);
});

test("P12: the listings and get-artifact read paths by the same rules", async () => {
  const { send } = setupFiles();
  for (const path of ["../..", "%252e%252e", "/etc", "a\\b", "..%2f"]) {
    const query = `path=${path.replace("\\", "%5C")}`;
    expectInvalid(await send("GET", `${PROXY}?${query}`));
    expectInvalid(await send("GET", `/api/2.0/mlflow/artifacts/list?run_id=${RUN}&${query}`));
    expectInvalid(await send("GET", `/get-artifact?run_id=${RUN}&${query}`));
    expectInvalid(await send("GET", `/model-versions/get-artifact?name=model&version=1&${query}`));
    expectInvalid(await send("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}&${query}`, "x"));
    expectInvalid(
      await send(
        "GET",
        `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files?artifact_file_path=${query.slice(5)}`,
      ),
    );
    expectInvalid(
      await send(
        "GET",
        `/api/2.0/mlflow/logged-models/${MODEL}/artifacts/directories?artifact_directory_path=${query.slice(5)}`,
      ),
    );
  }
});

test("P24: an upload that is cut off is not visible and leaves no file", async () => {
  const { app, store, root } = setupFiles();
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
  const { putFile, get, store } = setupFiles();
  const digest = (text: string): string => `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;
  expectInvalid(await putFile(`${ROOT}/a`, "hello", { "content-digest": digest("other") }));
  expectInvalid(await putFile(`${ROOT}/a`, "hello", { "content-digest": "sha-256=:AAAA:" }));
  expect(store.list("")).toEqual([]);
  expect(
    (await putFile(`${ROOT}/a`, "hello", { "content-digest": `sha-512=:AAAA:, ${digest("hello")}` })).statusCode,
  ).toBe(200);
  expect((await get(`${ROOT}/a`)).body).toBe("hello");
});

test("lists name folders and files as MLflow does: below the root, below a run, below a logged model", async () => {
  const { putFile, send } = setupFiles();
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
  const { putFile, send, store } = setupFiles();
  for (const path of ["a", "d/x", "d/e/y"]) await putFile(`${ROOT}/${path}`);
  expect((await send("DELETE", `${PROXY}/${ROOT}/a`, "{}", { "content-type": "application/json" })).json()).toEqual({});
  expect((await send("DELETE", `${PROXY}/${ROOT}/nope`)).statusCode).toBe(200);
  expect(store.list(ROOT)).toEqual([{ name: "d", size: null }]);
  expect((await send("DELETE", `${PROXY}/${ROOT}`)).statusCode).toBe(200);
  expect(store.list("")).toEqual([]);
  expect((await send("DELETE", `${PROXY}/`)).statusCode).toBe(404);
});

test("a run's, a version's and a logged model's files are downloaded by their owners", async () => {
  const { putFile, send } = setupFiles();
  await putFile(`${ROOT}/model/MLmodel`, "mm");
  await putFile(`0/models/${MODEL}/artifacts/d/f`, "ff");
  expect((await send("GET", `/get-artifact?run_uuid=${RUN}&path=model%2FMLmodel`)).body).toBe("mm");
  expect((await send("GET", "/model-versions/get-artifact?name=model&version=1&path=MLmodel")).body).toBe("mm");
  expect(
    (await send("GET", `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files?artifact_file_path=d/f`)).body,
  ).toBe("ff");
  expectInvalid(await send("GET", `/get-artifact?run_id=${RUN}&path=model`));
  expect((await send("GET", `/get-artifact?run_id=${RUN}&path=nope`)).statusCode).toBe(404);
  expect((await send("GET", "/get-artifact?run_id=other&path=x")).json()).toMatchObject({
    error_code: "RESOURCE_DOES_NOT_EXIST",
  });
  expectInvalid(await send("GET", `/get-artifact?run_id=${RUN}`));
  expectInvalid(await send("GET", "/model-versions/get-artifact?name=model&path=x"));
  expect((await send("GET", `/ajax-api/2.0/mlflow/logged-models/${MODEL}/artifacts/files`)).json()).toMatchObject({
    error_code: "BAD_REQUEST",
  });
});

test("upload-artifact takes 1 byte to 10 MiB", async () => {
  const { send, get } = setupFiles();
  const url = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}&path=u/a.json`;
  expect((await send("POST", url, '{"a":1}', { "content-type": "application/json" })).statusCode).toBe(200);
  expect((await get(`${ROOT}/u/a.json`)).body).toBe('{"a":1}');
  expectInvalid(await send("POST", url));
  expectInvalid(await send("POST", url, Buffer.alloc(10 * 1024 * 1024 + 1)));
  expectInvalid(await send("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}`, "x"));
  expectInvalid(await send("POST", "/ajax-api/2.0/mlflow/upload-artifact?path=x", "x"));
  expect((await send("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=other&path=x", "x")).statusCode).toBe(404);
});

test("multipart is not implemented, so that clients upload in one piece; traces do not exist yet", async () => {
  const { send, sendRaw } = setupFiles();
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
  expectInvalid(await sendRaw("POST", "/api/2.0/mlflow-artifacts/mpu/create/../x", "{}"));
  expect((await send("GET", `/api/2.0/mlflow-artifacts/presigned/${ROOT}/x`)).statusCode).toBe(501);
  expect((await send("GET", "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=x")).json()).toMatchObject({
    error_code: "ENDPOINT_NOT_FOUND",
  });
});

test("with little disk left uploads are 507 and reads go on", async () => {
  const free = { yes: true };
  const { putFile, get } = setupFiles({ canUpload: () => free.yes });
  await putFile(`${ROOT}/a`, "x");
  free.yes = false;
  expect(
    [await putFile(`${ROOT}/b`, "y")].map((r) => [r.statusCode, r.json<{ error_code: string }>().error_code]),
  ).toEqual([[507, "RESOURCE_EXHAUSTED"]]);
  expect((await get(`${ROOT}/a`)).body).toBe("x");
});

test("a file that a fixed version holds is neither overwritten nor deleted, and nothing beside it goes", async () => {
  const { putFile, send, get } = setupFiles({
    fixedBy: (path) => (fixed.has(path) ? "version 3 of 'churn'" : undefined),
  });
  const fixed = new Set<string>();
  await putFile(`${ROOT}/model/a`, "a");
  await putFile(`${ROOT}/model/b`, "b");
  fixed.add(`${ROOT}/model/b`);
  expect((await putFile(`${ROOT}/model/b`, "c")).json<{ message: string }>().message).toContain("version 3 of 'churn'");
  expectInvalid(await send("DELETE", `${PROXY}/${ROOT}/model/b`));
  expectInvalid(await send("DELETE", `${PROXY}/${ROOT}/model`));
  expect([(await get(`${ROOT}/model/a`)).body, (await get(`${ROOT}/model/b`)).body]).toEqual(["a", "b"]);
});

test("each put and delete is audited and marks the run it belongs to", async () => {
  const { putFile, send, db } = setupFiles();
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
