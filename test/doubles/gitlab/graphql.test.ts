import { describe, expect, test } from "vitest";
import { setupDouble } from "./client.ts";

const setup = async (settings = {}) => {
  const double = await setupDouble(settings);
  const gql = async (query: string, variables: object = {}, as: string | null = "developer") =>
    (await double.ask(as, "POST", "/api/graphql", { query, variables })).body;
  const { ml, control } = double;
  await ml("POST", "registered-models/create", { name: "m", description: "d" });
  await ml("POST", "model-versions/create", { name: "m" });
  await ml("POST", "model-versions/create", { name: "m" });
  const state = async () => (await control("GET", "state")).body;
  return { ...double, gql, state };
};

const CREATE = `mutation($input: MlModelCreateInput!) { mlModelCreate(input: $input) { model { id name } errors clientMutationId } }`;

describe("queries", () => {
  test("a project's models with their versions, page by page", async () => {
    const { gql } = await setup();
    const query = `query Models($path: ID!, $after: String) {
      project(fullPath: $path) { mlModels(first: 1) { count nodes { name versionCount latestVersion { version }
        versions(first: 1, after: $after, orderBy: VERSION, sort: ASC) {
          nodes { ...v } edges { cursor } pageInfo { hasNextPage endCursor } } } } } }
      fragment v on MlModelVersion { version packageId candidate { eid status metrics { nodes { value } } } }`;
    const first = await gql(query, { path: "team/models" });
    const [model] = first.data.project.mlModels.nodes;
    expect(model).toMatchObject({ name: "m", versionCount: 2, latestVersion: { version: "1.0.1" } });
    expect(model.versions.nodes[0]).toMatchObject({ version: "1.0.0", candidate: { status: "running" } });
    expect(model.versions.nodes[0].packageId).toMatch(/^gid:\/\/gitlab\/Packages::Package\/\d+$/);
    const second = await gql(query, { path: "team/models", after: model.versions.pageInfo.endCursor });
    const { nodes, pageInfo } = second.data.project.mlModels.nodes[0].versions;
    expect([nodes[0].version, pageInfo.hasNextPage]).toEqual(["1.0.1", false]);
  });

  test("what cannot be seen is null; a bad token is 401", async () => {
    const { gql, ask } = await setup();
    const query = `{ project(fullPath: "team/models") { name } }`;
    expect(await gql(query, {}, "outsider")).toEqual({ data: { project: null } });
    expect(await gql(query, {}, null)).toEqual({ data: { project: null } });
    const refused = await ask("revoked", "POST", "/api/graphql", { query });
    expect([refused.status, refused.body]).toEqual([401, { errors: [{ message: "Invalid token" }] }]);
  });

  test.each([
    ['{ project(fullPath: "x") { mlRuns } }', "Field 'mlRuns' doesn't exist on type 'Project'"],
    ["{ project { name } }", "Field 'project' is missing required arguments: fullPath"],
    ['{ project(fullPath: "x", by: 1) { name } }', "Field 'project' doesn't accept argument 'by'"],
    [
      '{ project(fullPath: "x") }',
      "Field must have selections (field 'project' returns Project but has no selections.)",
    ],
    ["{ project(", "Unexpected end of document"],
    ["query($p: ID!) { project(fullPath: $p) { name } }", "Variable $p of type ID! was provided invalid value"],
    ["mutation { mlRunDelete(input: {}) { errors } }", "Field 'mlRunDelete' doesn't exist on type 'Mutation'"],
  ])("%s: %s", async (query, message) => {
    const { gql } = await setup();
    expect(await gql(query)).toEqual({ errors: [{ message }] });
  });

  test("a metric without a step is an error and a null", async () => {
    const { gql, ml, state } = await setup();
    const { runs, models } = await state();
    await ml("POST", "runs/log-metric", { run_id: runs[0].eid, key: "k", value: 1, timestamp: 1 });
    const query = `{ mlModel(id: "gid://gitlab/Ml::Model/${String(models[0].id)}") {
      versions(sort: ASC) { nodes { candidate { metrics { nodes { name step } } } } } } }`;
    const { data, errors } = await gql(query);
    expect(data.mlModel.versions.nodes[0].candidate.metrics.nodes).toEqual([null]);
    expect(errors[0].message).toBe("Cannot return null for non-nullable field MlCandidateMetric.step.");
  });

  test("the older variant has no root by id and no experiments", async () => {
    const { gql } = await setup({ variant: "older" });
    expect(await gql(`{ mlModel(id: "gid://gitlab/Ml::Model/1") { name } }`)).toHaveProperty("errors");
    expect(await gql(`{ project(fullPath: "x") { mlExperiments { count } } }`)).toHaveProperty("errors");
  });
});

describe("mutations", () => {
  const input = { projectPath: "team/models", name: "n", clientMutationId: "c" };

  test("a model is made once", async () => {
    const { gql } = await setup();
    const made = (await gql(CREATE, { input })).data.mlModelCreate;
    expect(made).toMatchObject({ model: { name: "n" }, errors: [], clientMutationId: "c" });
    const again = (await gql(CREATE, { input })).data.mlModelCreate;
    expect(again).toMatchObject({ model: null, errors: ["Name should be unique in the project"] });
  });

  test.each(["read-api", "reporter", "outsider", null])("not by %s", async (as) => {
    const { gql, state } = await setup();
    const { data, errors } = await gql(CREATE, { input }, as);
    expect([data.mlModelCreate, errors[0].message]).toEqual([null, expect.stringContaining("don't have permission")]);
    expect((await state()).models).toHaveLength(1);
  });

  test("an unknown input field is refused", async () => {
    const { gql } = await setup();
    expect((await gql(CREATE, { input: { ...input, tags: [] } })).errors[0].message).toContain("'tags'");
  });

  test("a run becomes a version, a version is edited and deleted, a model too", async () => {
    const { gql, ml, state } = await setup();
    const before = await state();
    const [model] = before.models;
    const experiment = before.experiments.find((each: { id: number }) => each.id === model.experimentId);
    await ml("POST", "runs/create", { experiment_id: experiment.iid });
    const run = (await state()).runs.at(-1);
    const ids = { projectPath: "team/models", modelId: `gid://gitlab/Ml::Model/${String(model.id)}` };
    const make = `mutation($input: I!) { mlModelVersionCreate(input: $input) { modelVersion { id candidate { eid } } errors } }`;
    const candidateId = `gid://gitlab/Ml::Candidate/${String(run.id)}`;
    const { modelVersion } = (await gql(make, { input: { ...ids, version: "2.0.0", candidateId } })).data
      .mlModelVersionCreate;
    expect(modelVersion.candidate.eid).toBe(run.eid);
    const edit = `mutation($input: I!) { mlModelVersionEdit(input: $input) { modelVersion { description } errors } }`;
    const edited = await gql(edit, { input: { ...ids, version: "2.0.0", description: "new" } });
    expect(edited.data.mlModelVersionEdit.modelVersion).toEqual({ description: "new" });
    const drop = `mutation($input: I!) { mlModelVersionDelete(input: $input) { errors } }`;
    await gql(drop, { input: { id: modelVersion.id } });
    const after = await state();
    expect([after.versions.length, after.runs.length, after.packages.length]).toEqual([2, 2, 2]);
    const destroy = `mutation($input: I!) { mlModelDestroy(input: $input) { message errors } }`;
    await gql(destroy, { input: { projectPath: "team/models", id: ids.modelId } });
    expect((await state()).models).toEqual([]);
  });

  test("editing a model needs its plain number and a description", async () => {
    const { gql, state } = await setup();
    const edit = `mutation($input: I!) { mlModelEdit(input: $input) { model { description } errors } }`;
    const modelId = (await state()).models[0].id;
    const given = { projectPath: "team/models", modelId, name: "m" };
    expect((await gql(edit, { input: given })).errors[0].message).toBe("Internal server error");
    const done = await gql(edit, { input: { ...given, description: null } });
    expect(done.data.mlModelEdit).toEqual({ model: { description: null }, errors: [] });
  });
});
