import { expect, test } from "vitest";
import type { LocalRef } from "../../../../electron/sync/local.ts";
import { setupSyncFolder } from "../../../helpers/sync-folder.ts";

const chunk = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
};

/** A folder in which everything is settled with a remote; `ahead` says what a change made of that. */
const setupSettled = async () => {
  const folder = setupSyncFolder();
  const { write, domains, sync, local, uidOf } = folder;
  const { run_id, logged, version } = await write(() => {
    const { run_id } = domains.runs.create({ experiment_id: "0", run_name: "r" });
    const logged = domains.loggedModels.create({ experiment_id: "0", source_run_id: run_id }).model_id;
    domains.registry.models.create({ name: "m" });
    const { version } = domains.registry.versions.create({ name: "m", source: `runs:/${run_id}/model`, run_id });
    return { run_id, logged, version };
  });
  const remote = await write(() => sync.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://hub" }).id);
  const refs = {
    run: uidOf("runs", "1"),
    model: uidOf("registered_models", "1"),
    version: uidOf("model_versions", "1"),
  };
  const everything = (): LocalRef[] =>
    sync.candidates
      .page(remote, undefined, 100)
      .items.flatMap(({ kind, uid }) => (uid === null ? [] : [{ kind, uid }]));
  const settle = () =>
    write(() => {
      for (const ref of everything()) {
        const { rev = 0 } = local.read(ref) ?? {};
        const base = { fields: {}, files: {}, points: 0, points_mark: "" };
        sync.objects.settle(remote, ref, { base, rev, fingerprint: "f", note: 0, remote_id: `${ref.kind}-${ref.uid}` });
      }
    });
  await settle();
  const put = async (path: string, text: string): Promise<void> => {
    const blob = await domains.artifacts.receive(chunk(text), {});
    await write(() => domains.artifacts.put(path, blob));
    blob.release();
  };
  /** Kinds that are to be compared after a change, which is then settled. */
  const after = async (change: () => unknown): Promise<string[]> => {
    await change();
    const kinds = everything().map(({ kind }) => kind);
    await settle();
    return kinds;
  };
  return { ...folder, remote, run_id, logged, version, refs, everything, put, after };
};

test("what a script logs and deletes puts its run ahead, and nothing else", async () => {
  const { after, write, domains, run_id, logged, put } = await setupSettled();
  const { logging, loggedModels, artifacts } = domains;
  const changes: readonly (() => unknown)[] = [
    () => write(() => logging.logBatch({ run_id, metrics: [{ key: "a", value: 1, timestamp: 1 }] })),
    () => write(() => logging.setTag(run_id, "k", "v")),
    () => write(() => logging.deleteTag(run_id, "k")),
    () => write(() => logging.logParam(run_id, "p", "v")),
    () =>
      write(() =>
        logging.logInputs(run_id, [{ dataset: { name: "d", digest: "1", source_type: "x", source: "y" } }], []),
      ),
    () => write(() => logging.logOutputs(run_id, [{ model_id: logged }])),
    () => write(() => loggedModels.setTags(logged, [{ key: "k", value: "v" }])),
    () => put(`0/${run_id}/artifacts/a.txt`, "a"),
    () => write(() => artifacts.remove(`0/${run_id}/artifacts/a.txt`)),
    () => put(`0/models/${logged}/artifacts/MLmodel`, "b"),
    () => write(() => domains.runs.trash(run_id)),
    () => write(() => domains.runs.restore(run_id)),
    () => write(() => loggedModels.trash(logged)),
  ];
  for (const change of changes) expect(await after(change), String(change)).toEqual(["run"]);
});

test("an experiment is ahead by its name and tags, and with its runs when it goes to the trash", async () => {
  const { after, write, domains } = await setupSettled();
  expect(await after(() => write(() => domains.experiments.setTag("0", "k", "v")))).toEqual(["experiment"]);
  expect(await after(() => write(() => domains.experiments.trash("0")))).toEqual(["experiment", "run"]);
});

test("what names a version by its alias is ahead with it", async () => {
  const { after, write, domains, version } = await setupSettled();
  const { models, versions } = domains.registry;
  expect(await after(() => write(() => models.setAlias("m", "best", version)))).toEqual([
    "registered_model",
    "model_version",
  ]);
  expect(await after(() => write(() => versions.setTag("m", version, "gitlab.version", "2.0.0")))).toEqual([
    "registered_model",
    "model_version",
  ]);
  expect(await after(() => write(() => versions.trash("m", version)))).toEqual(["registered_model", "model_version"]);
});

test("a version is ahead by what is logged and stored for it, which is no object of its own", async () => {
  const { after, write, domains, put, version } = await setupSettled();
  const log = () =>
    write(() => domains.versionFiles.log("m", version, { metrics: [{ key: "f1", value: 1 }], params: [] }));
  expect(await after(log)).toEqual(["model_version"]);
  const { root } = await write(() => domains.versionFiles.open("m", version));
  expect(await after(() => put(`${root}/weights`, "w"))).toEqual(["model_version"]);
  expect(await after(() => write(() => domains.artifacts.remove(`${root}/weights`)))).toEqual(["model_version"]);
  const own = domains.registry.ownRuns.of({ id: 1, model: 1, name: "m", semver: "1.0.0" }).run_id;
  expect(await after(() => write(() => domains.logging.setTag(own, "k", "v")))).toEqual(["model_version"]);
});

test("what is gone for good is compared once more where it was bound, and not where it never was", async () => {
  const { everything, write, domains, run_id, sync, remote, refs, db } = await setupSettled();
  const other = await write(() => sync.remotes.add({ name: "other", kind: "mlflow", base_url: "https://other" }).id);
  await write(() => {
    domains.runs.trash(run_id);
  });
  expect(everything()).toEqual([{ kind: "run", uid: refs.run }]);
  await write(() => {
    db.exec("DELETE FROM logged_models; DELETE FROM runs WHERE id = 1");
    domains.experiments.setTag("0", "k", "v");
  });
  expect(everything()).toContainEqual({ kind: "run", uid: refs.run });
  const there = sync.candidates.page(other, undefined, 100).items;
  expect(there.map(({ kind }) => kind)).toEqual(["experiment", "registered_model", "model_version"]);
  expect(sync.candidates.counts(other)).toEqual({ ahead: 3, behind: 0 });
  expect(sync.candidates.counts(remote)).toEqual({ ahead: 1, behind: 0 }); // there it stays: nobody agreed to its removal
});

test("a remote that goes takes all that was known of it along", async () => {
  const { write, sync, remote, db } = await setupSettled();
  await write(() => sync.remotes.remove(remote));
  for (const table of ["sync_objects", "sync_ahead"])
    expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
});
