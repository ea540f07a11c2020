import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { LocalRef } from "../../../electron/sync/local.ts";
import { setupSyncFolder } from "../../helpers/sync-folder.ts";
import { localContract } from "./local.contract.ts";
import {
  ALL,
  copyAll,
  EXPERIMENT,
  FAR,
  made,
  MODEL,
  MODEL_ID,
  pointsOf,
  readOf,
  RUN,
  sha256,
  text,
  uidOf,
  VERSION,
} from "./local-samples.ts";

localContract("the store's side of a sync", () => setupSyncFolder().local);

const chunk = async function* (bytes: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(bytes));
};

type Folder = ReturnType<typeof setupSyncFolder>;

const put = async ({ domains, write }: Folder, path: string, bytes: string): Promise<void> => {
  const blob = await domains.artifacts.receive(chunk(bytes), {});
  await write(() => domains.artifacts.put(path, blob));
  blob.release();
};

const create = ({ local }: Folder, inputs = ALL) =>
  local.write((writes) => {
    for (const input of inputs) writes.create(input);
  });

/** Logs by the ordinary ways in: nested runs, a dataset, a logged model, a version with an own run and an alias. */
const logAll = async (folder: Folder): Promise<readonly LocalRef[]> => {
  const { write, domains, uidOf: uid } = folder;
  const { runs, logging, loggedModels, registry } = domains;
  const [parent, child, logged] = await write(() => {
    const experiment_id = String(domains.experiments.create("Größe", undefined, [{ key: "a", value: "b" }]).id);
    const one = runs.create({ experiment_id, run_name: "parent", user_id: "ann", start_time: 5 }).run_id;
    const tags = [{ key: "mlflow.parentRunId", value: one }];
    const two = runs.create({ experiment_id, run_name: "child", start_time: 9007199254740993n, tags }).run_id;
    const model = loggedModels.create({
      experiment_id,
      name: "lm",
      source_run_id: two,
      params: [{ key: "p", value: "1" }],
    });
    return [one, two, model.model_id] as const;
  });
  await write(() => {
    const metrics = [1, NaN, Infinity, -Infinity].map((value, step) => ({ key: "loss", value, timestamp: 7, step }));
    logging.logBatch({
      run_id: child,
      metrics: [...metrics, { key: "acc", value: 0.5, timestamp: 8, step: 1, model_id: logged }],
    });
    logging.logParam(child, "lr", "0.1");
    const dataset = { name: "d/x", digest: "1", source_type: "local", source: "{}" };
    logging.logInputs(child, [{ dataset, tags: [{ key: "mlflow.data.context", value: "eval" }] }], [logged]);
    logging.logOutputs(child, [{ model_id: logged, step: 3 }]);
    runs.update(child, { status: "FINISHED", end_time: 99 });
    registry.models.create({ name: "Wald", description: "card", tags: [{ key: "t", value: "1" }] });
  });
  await put(folder, `1/${child}/artifacts/model/weights`, "weights");
  await put(folder, `1/models/${logged}/artifacts/MLmodel`, "MLmodel");
  await write(() => {
    registry.versions.create({
      name: "Wald",
      source: `runs:/${child}/model`,
      run_id: child,
      tags: [{ key: "k", value: "v" }],
    });
    registry.models.setAlias("Wald", "champion", "1");
    domains.versionFiles.log("Wald", "1", { metrics: [{ key: "f1", value: NaN }], params: [{ key: "p", value: "x" }] });
  });
  return [
    { kind: "experiment", uid: uid("experiments", "id = 1") },
    { kind: "run", uid: uid("runs", `run_id = '${parent}'`) },
    { kind: "run", uid: uid("runs", `run_id = '${child}'`) },
    { kind: "registered_model", uid: uid("registered_models", "id = 1") },
    { kind: "model_version", uid: uid("model_versions", "id = 1") },
  ];
};

test("what scripts logged is read whole, and another folder holds the same after a round trip", async () => {
  const [here, there] = [setupSyncFolder(), setupSyncFolder()];
  const refs = await logAll(here);
  const [, , child, , version] = refs;
  if (!child || !version) throw new Error("five objects were made");
  const run = readOf(here.local, child);
  expect(
    Object.keys(run.fields)
      .filter((field) => /^(?:dataset|model|logged_model)/.test(field))
      .map((field) => field.replace(/m-.*/, "m"))
      .sort(),
  ).toEqual(["dataset/d/x/1", "logged_model/m", "model/input/m", "model/output/m"]);
  expect(run.fields).toMatchObject({
    start_time: "9007199254740993",
    end_time: "99",
    status: "FINISHED",
    "param/lr": "0.1",
  });
  expect(run.files.map(({ path }) => path.replace(/m-[^/]*/, "m"))).toEqual([
    "logged-models/m/MLmodel",
    "model/weights",
  ]);
  expect(pointsOf(here.local, child).map(text)).toEqual([
    "acc 1 8 0.5",
    "loss 0 7 1",
    "loss 1 7 NaN",
    "loss 2 7 Infinity",
    "loss 3 7 -Infinity",
  ]);
  expect(readOf(here.local, version)).toMatchObject({
    label: "Wald 1.0.0",
    points: 1,
    files: [{ path: "weights", sha256: sha256("weights") }],
    fields: { semver: "1.0.0", number: "1", stage: "None", run: child.uid, "tag/k": "v", "param/p": "x" },
  });
  await copyAll(here.local, there.local, refs);
  for (const ref of refs) {
    const [{ rev: _one, ...one }, { rev: _other, ...other }] = [readOf(here.local, ref), readOf(there.local, ref)];
    expect(other).toEqual(one);
    expect(pointsOf(there.local, ref).map(text)).toEqual(pointsOf(here.local, ref).map(text));
  }
});

test("a version's own run and its experiment are no objects of their own", async () => {
  const folder = setupSyncFolder();
  await logAll(folder);
  const own = folder.uidOf("runs", "id = (SELECT own_run FROM model_versions)");
  const experiment = folder.uidOf("experiments", "model IS NOT NULL");
  expect(own).toHaveLength(32);
  expect(folder.local.read({ kind: "run", uid: own })).toBeUndefined();
  expect(folder.local.read({ kind: "experiment", uid: experiment })).toBeUndefined();
  expect(folder.local.findByName("experiment", "[model]Wald", null)).toBeUndefined();
});

test("what was pulled is found like what was logged here: latest metrics, addresses, aliases, files of the version", async () => {
  const folder = setupSyncFolder();
  const { local, domains, write } = folder;
  await create(folder);
  const partial = local.partial(sha256("weights"));
  await partial.append(0, Readable.from([Buffer.from("weights")]));
  await partial.finish({ sha256: sha256("weights"), size: 7 });
  await local.write((writes) => {
    writes.addPoints(RUN, [{ key: "acc", value: 0.9, timestamp: 5, step: 2 }]);
    writes.addPoints(RUN, [{ key: "acc", value: 0.1, timestamp: 4, step: 1 }]);
    writes.bindFiles(VERSION, [{ path: "sub/weights", sha256: sha256("weights"), size: 7, here: true }]);
  });
  const run = domains.runs.get("b".repeat(32));
  expect(run.metrics).toEqual([{ key: "acc", value: 0.9, timestamp: 5, step: 2 }]);
  expect(run.params).toContainEqual({ key: "lr", value: "0.1" });
  const { models, versions } = domains.registry;
  expect(models.byAlias("Wald", "champion")).toMatchObject({
    version: "4",
    run_id: "b".repeat(32),
    current_stage: "Staging",
  });
  const root = versions.rootOfVersion("Wald", "4");
  expect(versions.downloadUri("Wald", "4")).toBe(`mlflow-artifacts:/${root}`);
  expect(domains.artifacts.digestAt(`${root}/sub/weights`)).toBe(sha256("weights"));
  expect(versions.filesOf("Wald", "4")).toEqual([{ path: "sub/weights", sha256: sha256("weights"), size: 7 }]);
  expect(await write(() => versions.create({ name: "Wald", source: "s3://bucket/model" }).version)).toBe("5");
});

test("points that are here already are no change", async () => {
  const folder = setupSyncFolder();
  await create(folder);
  const points = [3, 1, 2].map((step) => ({ key: "acc", value: step, timestamp: step, step }));
  await folder.local.write((writes) => writes.addPoints(RUN, points));
  const { rev } = readOf(folder.local, RUN);
  await folder.local.write((writes) => writes.addPoints(RUN, points));
  expect(readOf(folder.local, RUN).rev).toBe(rev);
});

test("a version without files has a place for them, whatever its source was called where it comes from", async () => {
  const folder = setupSyncFolder();
  const { versions } = folder.domains.registry;
  const bare = made("model_version", uidOf("8"), MODEL.uid, {
    semver: "8.0.0",
    source: "mlflow-artifacts:/0/x/artifacts",
  });
  await create(folder, [MODEL, bare]);
  expect(versions.downloadUri("Wald", "1")).toMatch(/^mlflow-artifacts:\/\d+\/[0-9a-f]{32}\/artifacts$/);
  expect(readOf(folder.local, bare).fields["source"]).toBe("mlflow-artifacts:/0/x/artifacts");
});

test("every pulled change leaves an audit row in the name of the sync", async () => {
  const folder = setupSyncFolder();
  await create(folder);
  await folder.local.write((writes) => writes.set(EXPERIMENT, { "tag/team": "x" }, {}));
  const rows = folder.db
    .prepare<[], { action: string; actor: string; surface: string }>(
      "SELECT action, actor, surface FROM audit WHERE action LIKE '%.pull'",
    )
    .all();
  expect(rows.map(({ action }) => action)).toEqual([
    "experiment.pull",
    "run.pull",
    "registered-model.pull",
    "model-version.pull",
    "experiment.pull",
  ]);
  expect(rows.every(({ actor, surface }) => actor === "outpost" && surface === "sync")).toBe(true);
});

test("what a pull settles in its own write is not compared again; a change of the same moment is", async () => {
  const folder = setupSyncFolder();
  const { local, sync, write, domains } = folder;
  const remote = await write(() => sync.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://hub" }).id);
  const pull = () =>
    local.write((writes) => {
      for (const input of ALL) {
        writes.create(input);
        if (input.kind === "run") writes.addPoints(input, [{ key: "a", value: 1, timestamp: 1, step: 1 }]);
        const base = { fields: input.fields, files: {}, points: 0, points_mark: "" };
        const { rev } = readOf(local, input);
        sync.objects.settle(remote, input, { base, rev, fingerprint: "f", note: 0, remote_id: input.uid });
      }
    });
  const tag = () => write(() => domains.registry.models.setTag("Wald", "by", "hand"));
  await Promise.all([pull(), tag()]);
  const known = new Set(ALL.map(({ uid }) => uid));
  const ahead = sync.candidates.page(remote, undefined, 99).items.filter(({ uid }) => known.has(uid ?? ""));
  expect(ahead.map(({ kind }) => kind)).toEqual(["registered_model"]);
  expect(readOf(local, MODEL).rev).toBeGreaterThan(sync.objects.find(remote, MODEL)?.settled_rev ?? Infinity);
});

test("ids and numbers that are taken here are given anew", async () => {
  const folder = setupSyncFolder();
  await create(folder);
  const run = made("run", uidOf("7"), EXPERIMENT.uid, { name: "r", status: "FINISHED", run_id: "b".repeat(32) });
  const version = made("model_version", uidOf("8"), MODEL.uid, { semver: "3.0.0", number: "4" });
  const odd = made("run", uidOf("9"), EXPERIMENT.uid, { name: "r", status: "RUNNING", run_id: "../../etc" });
  await create(folder, [run, version, odd]);
  expect(readOf(folder.local, run).fields["run_id"]).toMatch(/^(?!b{32})[0-9a-f]{32}$/);
  expect(readOf(folder.local, odd).fields["run_id"]).toMatch(/^[0-9a-f]{32}$/);
  expect(readOf(folder.local, version).fields["number"]).toBe("5");
});

test.each([
  ["a status of no run", "run", { name: "n", status: "DONE" }],
  ["a time that is none", "run", { name: "n", status: "FAILED", start_time: "yesterday" }],
  ["a time beyond 64 bits", "run", { name: "n", status: "FAILED", start_time: "9223372036854775808" }],
  ["a field of another kind", "run", { name: "n", status: "FAILED", "alias/x": "1.0.0" }],
  ["a dataset that is no JSON", "run", { name: "n", status: "FAILED", "dataset/a/b": "{" }],
  ["a dataset of another name", "run", { name: "n", status: "FAILED", "dataset/a/b": "{}" }],
  ["a model's name with a slash", "registered_model", { name: "a/b" }],
  ["an experiment without a name", "experiment", {}],
  ["a version that is no semantic one", "model_version", { semver: "one" }],
] as const)("%s is refused and leaves nothing", async (_what, kind, fields) => {
  const folder = setupSyncFolder();
  await create(folder);
  const parent = kind === "run" ? EXPERIMENT.uid : kind === "model_version" ? MODEL.uid : null;
  const input = made(kind, uidOf("9"), parent, fields);
  await expect(create(folder, [input])).rejects.toMatchObject({ kind: "invalid" });
  expect(folder.local.read(input)).toBeUndefined();
});

test("what is in the trash is a tombstone; a name it holds is named in the refusal", async () => {
  const folder = setupSyncFolder();
  const { local, domains, write } = folder;
  await create(folder);
  await write(() => {
    domains.experiments.trash("1");
    domains.registry.models.trash("Wald");
  });
  expect(ALL.map((ref) => readOf(local, ref).trashed)).toEqual([true, true, true, true]);
  expect(local.findByName("experiment", "Wärme 🌡", null)).toBeUndefined();
  expect(local.findByName("registered_model", "Wald", null)).toBeUndefined();
  const again = made("experiment", uidOf("9"), null, { name: "Wärme 🌡" });
  await expect(create(folder, [again])).rejects.toThrow("An experiment 'Wärme 🌡', in the trash, is here already");
});

test("bytes that come reach every place that waits for them, and leave what was put there meanwhile", async () => {
  const folder = setupSyncFolder();
  const { local, sync, write } = folder;
  await create(folder);
  const remote = await write(() => sync.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://hub" }).id);
  const [digest, size] = [sha256("weights"), 7];
  await write(() => {
    for (const ref of [RUN, VERSION]) sync.files.put(remote, ref, [{ path: "model/weights", size, sha256: digest }]);
    sync.files.put(remote, RUN, [
      { path: "taken", size, sha256: digest },
      { path: "short", size: 6, sha256: digest },
    ]);
    sync.files.put(remote, { kind: "run", uid: uidOf("0") }, [{ path: "gone", size, sha256: digest }]);
  });
  await put(folder, `1/${"b".repeat(32)}/artifacts/taken`, "mine");
  const partial = local.partial(digest);
  await partial.append(0, Readable.from([Buffer.from("weights")]));
  await partial.finish({ sha256: digest, size });
  await local.write((writes) => writes.landFile({ sha256: digest, size }));
  for (const ref of [RUN, VERSION])
    expect(readOf(local, ref).files).toContainEqual({ path: "model/weights", sha256: digest, size });
  expect(readOf(local, RUN).files).toContainEqual({ path: "taken", sha256: sha256("mine"), size: 4 });
  expect(sync.files.landed(digest).map(({ uid, path, problem }) => [uid, path, problem])).toEqual([
    [RUN.uid, "short", "The server said 6 bytes; what came has 7"],
    [RUN.uid, "taken", "Another file is at 'taken' here, which is kept"],
  ]);
});

test("files added to a version that was made from a run become its own; the run stays as it was", async () => {
  const folder = setupSyncFolder();
  const { local } = folder;
  const [, , run, , version] = await logAll(folder);
  if (!run || !version) throw new Error("five objects were made");
  const before = readOf(local, run).files;
  const partial = local.partial(sha256("more"));
  await partial.append(0, Readable.from([Buffer.from("more")]));
  await partial.finish({ sha256: sha256("more"), size: 4 });
  await local.write((writes) =>
    writes.bindFiles(version, [{ path: "more", sha256: sha256("more"), size: 4, here: true }]),
  );
  expect(readOf(local, version).files.map(({ path }) => path)).toEqual(["more", "weights"]);
  expect(readOf(local, run).files).toEqual(before);
});

test("an alias set here takes the place of one that waits; one that no client may set only waits", async () => {
  const folder = setupSyncFolder();
  const { local, domains, write } = folder;
  await create(folder);
  const { models } = domains.registry;
  await local.write((writes) => writes.set(MODEL, { "alias/next": "9.9.9", "alias/latest": "1.2.0" }, {}));
  expect(readOf(local, MODEL).fields).toMatchObject({ "alias/next": "9.9.9", "alias/latest": "1.2.0" });
  expect(models.get("Wald").aliases).toEqual([{ alias: "champion", version: "4" }]);
  await write(() => models.setAlias("Wald", "next", "4"));
  await write(() => models.deleteAlias("Wald", "next"));
  expect(readOf(local, MODEL).fields["alias/next"]).toBeUndefined();
});

test("a semantic version given here later brings the aliases that waited for it", async () => {
  const folder = setupSyncFolder();
  const { local, domains } = folder;
  await create(folder);
  await local.write((writes) => writes.set(MODEL, { "alias/next": "2.0.0" }, {}));
  const { rev } = readOf(local, MODEL);
  await local.write((writes) => writes.set(VERSION, { semver: "2.0.0" }, {}));
  expect(domains.registry.models.byAlias("Wald", "next").version).toBe("4");
  expect(readOf(local, MODEL).fields).toMatchObject({ "alias/next": "2.0.0", "alias/champion": "2.0.0" });
  expect(readOf(local, MODEL).rev).toBeGreaterThan(rev);
});

test("a prompt needs no place for files, and a version whose files are elsewhere keeps that address", async () => {
  const folder = setupSyncFolder();
  const { domains } = folder;
  const prompt = made("model_version", uidOf("7"), MODEL.uid, {
    semver: "7.0.0",
    source: "prompt-template",
    "tag/mlflow.prompt.is_prompt": "true",
  });
  const away = made("model_version", uidOf("8"), MODEL.uid, { semver: "8.0.0", source: "s3://bucket/model" });
  await create(folder, [MODEL, prompt, away]);
  expect(folder.db.prepare("SELECT count(*) FROM runs").pluck().get()).toBe(0);
  expect(domains.registry.versions.downloadUri("Wald", "2")).toBe("s3://bucket/model");
  for (const ref of [prompt, away]) expect(readOf(folder.local, ref).fields).toMatchObject(ref.fields);
});

test("a logged model that is in the trash here stays there, and is no endless work", async () => {
  const folder = setupSyncFolder();
  const { local, domains, write } = folder;
  await create(folder);
  await write(() => domains.loggedModels.trash(MODEL_ID));
  const field = `logged_model/${MODEL_ID}`;
  expect(readOf(local, RUN).fields[field]).toBeUndefined();
  const there = { [field]: RUN.fields[field] ?? "" };
  await local.write((writes) => writes.set(RUN, there, { [field]: undefined }));
  const { rev, fields } = readOf(local, RUN);
  expect(fields).toEqual(RUN.fields);
  await local.write((writes) => writes.set(RUN, there, {}));
  expect(readOf(local, RUN).rev).toBe(rev);
  expect(domains.loggedModels.find(MODEL_ID).lifecycle_stage).toBe("deleted");
});

test("an origin keeps the workstation it names, and must be that of the object", async () => {
  const folder = setupSyncFolder();
  await create(folder, [EXPERIMENT]);
  expect(folder.sync.origins.workstationOf(EXPERIMENT)).toBe(FAR);
  const foreign = { ...EXPERIMENT, uid: uidOf("9"), fields: { name: "other" } };
  await expect(create(folder, [foreign])).rejects.toMatchObject({ kind: "invalid" });
});
