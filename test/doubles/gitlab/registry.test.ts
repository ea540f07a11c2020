import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { schemaErrors, setupDouble } from "./client.ts";
import { bumped, highest, isSemver } from "./semver.ts";

const setupModel = async (settings = {}) => {
  const double = await setupDouble(settings);
  const model = await double.ml("POST", "registered-models/create", { name: "m", tags: [{ key: "k", value: "v" }] });
  return { ...double, model };
};

describe("models", () => {
  test("one is made with tags and times in seconds, and found by a part of its name", async () => {
    const { ml, model } = await setupModel();
    expect(model.body.registered_model).toMatchObject({ name: "m", description: "", tags: [{ key: "k", value: "v" }] });
    expect(model.body.registered_model.creation_timestamp).toBeLessThan(10_000_000_000);
    expect(schemaErrors("get_model", model.body)).toEqual([]);
    const found = await ml("GET", "registered-models/search?filter=name%3D%27m%27");
    expect(found.body.registered_models).toHaveLength(1);
    expect(schemaErrors("list_models", { ...found.body, next_page_token: "" })).toEqual([]);
    expect((await ml("GET", "registered-models/search?filter=tag.x%3D1")).body).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: "Invalid attribute key specified. Valid keys are '{'name'}'",
    });
  });

  test("a refused name leaves its experiment, which then stands in the way until it is deleted", async () => {
    const { ml } = await setupDouble();
    const exists = { error_code: "RESOURCE_ALREADY_EXISTS" };
    const long = { name: "good", description: "x".repeat(10_001) };
    expect((await ml("POST", "registered-models/create", long)).body).toEqual(exists);
    expect((await ml("POST", "registered-models/create", { name: "good" })).body).toEqual(exists);
    expect((await ml("GET", "registered-models/get?name=good")).body).toEqual({
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
    const orphan = await ml("GET", "experiments/get-by-name?experiment_name=%5Bmodel%5Dgood");
    await ml("POST", "experiments/delete", { experiment_id: orphan.body.experiment.experiment_id });
    expect((await ml("POST", "registered-models/create", { name: "good" })).status).toBe(200);
    const owned = await ml("GET", "experiments/get-by-name?experiment_name=%5Bmodel%5Dgood");
    const refused = await ml("POST", "experiments/delete", { experiment_id: owned.body.experiment.experiment_id });
    expect(refused.body).toEqual({ message: "Cannot delete an experiment associated to a model" });
  });

  test("a refused tag rolls all back", async () => {
    const { ml } = await setupDouble();
    const twice = [{ key: "k", value: "1" }, { key: "k", value: "2" }]; // prettier-ignore
    expect((await ml("POST", "registered-models/create", { name: "m", tags: twice })).status).toBe(400);
    expect((await ml("POST", "registered-models/create", { name: "m" })).status).toBe(200);
  });

  test("an update without a description takes it away; a delete takes versions and experiment along", async () => {
    const { ml, control } = await setupModel();
    await ml("PATCH", "registered-models/update", { name: "m", description: "d" });
    expect((await ml("PATCH", "registered-models/update", { name: "m" })).body.registered_model.description).toBe("");
    await ml("POST", "model-versions/create", { name: "m" });
    expect((await ml("DELETE", "registered-models/delete", { name: "m" })).body).toEqual({});
    const state = (await control("GET", "state")).body;
    expect([state.models, state.versions, state.runs, state.packages, state.experiments]).toEqual([[], [], [], [], []]);
  });
});

describe("versions", () => {
  test("`version` is an id that get does not take; the semantic version is the alias", async () => {
    const { ml } = await setupModel();
    expect((await ml("POST", "registered-models/get-latest-versions", { name: "m" })).body).toEqual({
      model_versions: [null],
    });
    const made = (await ml("POST", "model-versions/create", { name: "m" })).body;
    expect(schemaErrors("get_model_version", made)).toEqual([]);
    expect(made.model_version).toMatchObject({ aliases: ["1.0.0"], user_id: null, status: "READY" });
    const id: string = made.model_version.version;
    expect((await ml("GET", `model-versions/get?name=m&version=${id}`)).status).toBe(404);
    expect((await ml("GET", "model-versions/get?name=m&version=1.0.0")).body).toEqual(made);
    expect((await ml("GET", "registered-models/alias?name=m&alias=1.0.0")).body).toEqual(made);
    expect((await ml("GET", `model-versions/get-download-uri?name=m&version=${id}`)).body).toEqual({
      artifact_uri: `mlflow-artifacts:/${id}`,
    });
    expect((await ml("GET", "model-versions/get-download-uri?name=m&version=1.0.0")).body).toEqual({
      error: "version is invalid",
    });
    const again = (await ml("POST", "model-versions/create", { name: "m" })).body;
    expect(again.model_version.aliases).toEqual(["1.0.1"]);
    const latest = await ml("POST", "registered-models/get-latest-versions", { name: "m" }, "guest");
    expect(latest.status).toBe(200);
  });

  test.each([
    [{ tags: [{ key: "gitlab.version", value: "v1.0.0" }] }, ["Version must be semantic version"]],
    [{ tags: [{ key: "gitlab.version", value: "1.0.0" }] }, ["Version has already been taken"]],
    [{ run_id: "x" }, ["Run not found"]],
  ])("%j is refused: %j", async (body, message) => {
    const { ml } = await setupModel();
    await ml("POST", "model-versions/create", { name: "m" });
    expect(await ml("POST", "model-versions/create", { name: "m", ...body })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message },
    });
  });

  test("a version is a run as well, which cannot be deleted as one", async () => {
    const { ml } = await setupModel();
    const { run_id } = (await ml("POST", "model-versions/create", { name: "m" })).body.model_version;
    const { run } = (await ml("GET", `runs/get?run_id=${String(run_id)}`)).body;
    expect(run.info).toMatchObject({ status: "RUNNING", start_time: 0, user_id: "" });
    expect((await ml("POST", "runs/delete", { run_id })).body).toEqual({
      message: "Cannot delete a candidate associated to a model version",
    });
  });

  test("updates need all three; what cannot be found is UPDATE_FAILED", async () => {
    const { ml } = await setupModel();
    const update = async (body: unknown) => (await ml("PATCH", "model-versions/update", body)).body;
    expect(await update({ name: "m" })).toEqual({ error_code: "INVALID_PARAMETER_VALUE", message: null });
    expect(await update({ name: "m", version: "9.0.0", description: "d" })).toEqual({ error_code: "UPDATE_FAILED" });
  });

  test("semantic versions", () => {
    for (const good of ["1.0.0", "0.0.1-a.1", "1.2.3-rc.1+b.5"]) expect(isSemver(good)).toBe(true);
    for (const bad of ["v1.0.0", "1.0", "01.0.0", "1.0.0-01", "1.0.0 "]) expect(isSemver(bad)).toBe(false);
    expect(bumped("1.2.3-rc.1+b")).toBe("1.2.4-rc.1+b");
    const of = (id: number, version: string) => ({ id, version });
    expect(highest([of(1, "1.10.0"), of(2, "1.9.0"), of(3, "1.10.0-rc")])).toEqual(of(3, "1.10.0-rc"));
  });
});

describe("files", () => {
  const setupRun = async (settings = {}) => {
    const double = await setupDouble(settings);
    await double.ml("POST", "experiments/create", { name: "e" });
    const { body } = await double.ml("POST", "runs/create", { experiment_id: 1 });
    const files = `${double.project}/packages/ml_models/candidate:1/files`;
    const uri = async (): Promise<string> =>
      (await double.ml("GET", `runs/get?run_id=${String(body.run.info.run_id)}`)).body.run.info.artifact_uri;
    return { ...double, files, uri };
  };

  test("the same name twice is two rows, and the last is served; the address changes with the first file", async () => {
    const { ask, files, uri, project } = await setupRun();
    expect(await uri()).toMatch(/\/packages\/ml_models\/candidate:1\/files\/$/);
    const put = await ask("developer", "PUT", `${files}/dir/a%20b.txt`, Buffer.from("one"));
    expect([put.status, put.body]).toEqual([201, { message: "201 Created" }]);
    expect(await uri()).toBe("mlflow-artifacts:/candidate:1");
    await ask("job", "PUT", `${files}/dir/a%20b.txt`, Buffer.from("two"));
    expect((await ask("developer", "GET", `${files}/dir/a%20b.txt`)).bytes.toString()).toBe("two");
    const [pack] = (await ask("developer", "GET", `${project}/packages?package_name=ml_exp`)).body;
    expect(pack).toMatchObject({ name: "ml_experiment_1", version: "candidate_1", package_type: "ml_model" });
    const list = await ask("developer", "GET", `${project}/packages/${String(pack.id)}/package_files?per_page=1`);
    const sha256 = createHash("sha256").update("one").digest("hex");
    expect(list.body).toMatchObject([{ file_name: "dir%2Fa%20b.txt", size: 3, file_sha256: sha256 }]);
    expect([list.headers.get("x-total"), list.headers.get("x-next-page")]).toEqual(["2", "2"]);
    const proxy = `${project}/ml/mlflow/api/2.0/mlflow-artifacts/artifacts`;
    const listed = await ask("developer", "GET", `${proxy}?path=candidate:1`);
    expect(listed.body.files[0]).toEqual({ path: "dir%2Fa%20b.txt", file_size: 3, is_dir: false });
    expect((await ask("developer", "GET", `${proxy}/candidate:1/dir/a%20b.txt`)).status).toBe(404);
    expect((await ask("developer", "PUT", `${proxy}/candidate:1/x`, Buffer.from("x"))).status).toBe(405);
  });

  test.each([
    ["developer", "candidate:9/files/a", 404],
    ["developer", "candidate:1/files/a%2Fb", 400],
    ["developer", "candidate:1/files/a$b", 400],
    ["reporter", "candidate:1/files/a", 403],
    ["read-api", "candidate:1/files/a", 403],
    ["expired", "candidate:1/files/a", 401],
  ])("%s uploads to %s: %i, and nothing is kept", async (as, path, status) => {
    const { ask, control, project } = await setupRun();
    const answer = await ask(as, "PUT", `${project}/packages/ml_models/${path}`, Buffer.from("x"));
    expect(answer.status).toBe(status);
    expect((await control("GET", "state")).body.packages).toEqual([]);
  });

  test("PRIVATE-TOKEN is not taken here", async () => {
    const { url, tokens, files } = await setupRun();
    const headers = { "private-token": String(tokens.developer) };
    expect((await fetch(`${url}${files}/a`, { method: "PUT", body: "x", headers })).status).toBe(401);
  });

  test("a range of a file; or an address on another host that refuses a token", async () => {
    const newer = await setupRun();
    await newer.ask("developer", "PUT", `${newer.files}/a`, Buffer.from("0123456789"));
    const headers = { authorization: `Bearer ${String(newer.tokens.developer)}`, range: "bytes=3-5" };
    const part = await fetch(`${newer.url}${newer.files}/a`, { headers });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([206, "345", "bytes 3-5/10"]);
    const older = await setupRun({ variant: "older" });
    await older.ask("developer", "PUT", `${older.files}/a`, Buffer.from("0123456789"));
    const moved = await older.ask("developer", "GET", `${older.files}/a`);
    const location = String(moved.headers.get("location"));
    expect([moved.status, new URL(location).origin === older.url]).toEqual([302, false]);
    expect((await fetch(location, { headers })).status).toBe(400);
    expect(await (await fetch(location)).text()).toBe("0123456789");
  });

  test("only a maintainer deletes", async () => {
    const { ask, control, files, project } = await setupRun();
    await ask("developer", "PUT", `${files}/a`, Buffer.from("x"));
    const [pack] = (await control("GET", "state")).body.packages;
    const path = `${project}/packages/${String(pack.id)}/package_files/${String(pack.files[0].id)}`;
    expect((await ask("developer", "DELETE", path)).status).toBe(403);
    expect((await ask("maintainer", "DELETE", path)).status).toBe(204);
    expect((await ask("maintainer", "DELETE", `${project}/packages/${String(pack.id)}`)).status).toBe(204);
  });
});
