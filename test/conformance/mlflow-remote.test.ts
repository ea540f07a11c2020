/** The far side of a sync against the real `mlflow server`, and against another Outpost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Remote, RemoteObject, Search } from "../../electron/remote/remote.ts";
import { canonical, type SyncKind } from "../../shared/sync/doc.ts";
import { mlflowRemote } from "../helpers/mlflow-remote.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { hasVenv, startMlflow } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const servers = [
  {
    name: hasVenv() ? "mlflow server" : "mlflow server (skipped: no virtual environment with MLflow)",
    skip: !hasVenv(),
    start: (folder: string) => startMlflow(folder),
  },
  {
    name: "another Outpost",
    skip: false,
    start: (folder: string) => startOutpost({ dataDir: join(folder, "data") }),
  },
];

const fileOf = (path: string, body: string) => ({
  path,
  size: Buffer.byteLength(body),
  sha256: "",
  open: () => Readable.from([Buffer.from(body)], { objectMode: false }),
});

const markerOf = (kind: SyncKind, name: string): string => `${"a".repeat(32)}/${kind}/${name}`;
const marked = (kind: SyncKind, name: string) => ({ "tag/outpost.origin": markerOf(kind, name) });
const searchFor = (kind: SyncKind, name: string, parent: string | null, startTime?: string): Search => ({
  kind,
  name,
  parent,
  marker: markerOf(kind, name),
  startTime,
  until: undefined,
});

for (const { name, skip, start } of servers)
  describe.skipIf(skip)(name, { timeout: 300_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "outpost-mlflow-remote-"));
    let server: ServerProcess;
    let remote: Remote;

    beforeAll(async () => {
      server = await start(folder);
      remote = mlflowRemote(server.url);
    });
    afterAll(async () => {
      remote?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const newExperiment = (name: string): Promise<RemoteObject> =>
      remote.create({ kind: "experiment", name, parent: null, fields: marked("experiment", name) });
    const newRun = (name: string, parent: string): Promise<RemoteObject> =>
      remote.create({ kind: "run", name, parent, fields: { start_time: "1700000000000", ...marked("run", name) } });
    const newModel = (name: string): Promise<RemoteObject> =>
      remote.create({
        kind: "registered_model",
        name,
        parent: null,
        fields: { description: "d", ...marked("registered_model", name) },
      });
    const newVersion = (semver: string, parent: string, name: string): Promise<RemoteObject> =>
      remote.create({
        kind: "model_version",
        name: semver,
        parent,
        fields: { semver, ...marked("model_version", name) },
      });

    test("says what it is and what may be done", async () => {
      const probe = await remote.probe();
      expect(probe).toMatchObject({ serverVersion: "3.17.2", missing: [] });
      expect((await remote.probe()).identity).toBe(probe.identity);
    });

    test("an experiment is made once, found by name and marker, renamed, tagged and deleted", async () => {
      const made = await newExperiment("it's");
      await expect(newExperiment("it's")).rejects.toMatchObject({ trouble: "exists", maybeDone: false });
      expect(await remote.find("experiment", "it's", null)).toEqual(made);
      expect(await remote.look(searchFor("experiment", "it's", null))).toEqual([made]);
      await remote.write(made, { "tag/a b": "", "tag/이름": "값" });
      await remote.write(made, { "tag/a b": null, "tag/never": null });
      await remote.write(made, { name: "renamed" });
      const read = await remote.read(made);
      expect(read?.fields).toEqual({ name: "renamed", "tag/이름": "값", ...marked("experiment", "it's") });
      expect(read?.fingerprint).not.toBe(made.fingerprint);
      await remote.remove(made);
      expect(await remote.read(made)).toBeUndefined();
      expect(await remote.find("experiment", "renamed", null)).toBeUndefined();
    });

    test("a run keeps params, tags, its end, NaN and 64-bit numbers; points come once, in pages", async () => {
      const experiment = await newExperiment("runs");
      const run = await newRun('it\'s "one"', experiment.id);
      await remote.write(run, { "param/lr": "0.1", "param/blank": "" });
      await remote.write(run, { "tag/t": "v", "tag/u": "w" });
      await remote.write(run, { "tag/u": null });
      await remote.write(run, { status: "FINISHED", end_time: "1700000001000" });
      const odd = [
        { key: "a/odd", value: NaN, timestamp: 1, step: -3 },
        { key: "a/odd", value: 0.1, timestamp: 9007199254740993n, step: 1 },
      ];
      const many = Array.from({ length: 1000 }, (_, step) => ({ key: "m", value: step / 7, timestamp: 5, step }));
      await remote.logPoints(run, odd);
      const before = await remote.read(run);
      await remote.logPoints(run, many);
      await remote.logPoints(run, many);
      const read = await remote.read(run);
      expect(read?.pointsMark).not.toBe(before?.pointsMark);
      expect(read?.fields).toEqual({
        name: 'it\'s "one"',
        status: "FINISHED",
        start_time: "1700000000000",
        end_time: "1700000001000",
        "param/lr": "0.1",
        "param/blank": "",
        "tag/t": "v",
        "tag/mlflow.runName": 'it\'s "one"',
        ...marked("run", 'it\'s "one"'),
        ...(read?.fields["user_id"] !== undefined && { user_id: read.fields["user_id"] }),
      });
      const points = [];
      for await (const page of remote.points(run)) points.push(...page);
      expect(points.filter(({ key }) => key === "a/odd")).toEqual(odd);
      expect(points.filter(({ key }) => key === "m").sort((a, b) => Number(a.step) - Number(b.step))).toEqual(many);
      expect(await remote.look(searchFor("run", 'it\'s "one"', experiment.id, "1700000000000"))).toEqual([read]);
      await expect(remote.write(run, { "param/lr": "0.2" })).rejects.toMatchObject({ trouble: "invalid" });
      expect((await remote.list({ of: "runs", experiment: experiment.id }, undefined)).objects).toEqual([read]);
      await expect(remote.list({ of: "runs", experiment: "987654" }, undefined)).rejects.toMatchObject({
        trouble: "gone",
      });
    });

    test("a dataset that a run read is native there, and comes back as it was", async () => {
      const run = await newRun("data", (await newExperiment("data")).id);
      const field = "dataset/set of 수진/0f";
      const part = { digest: "0f", name: "set of 수진", profile: '{"rows":3}', source: "s3://b/k", source_type: "s3" };
      const text = canonical({ ...part, tags: [{ key: "mlflow.data.context", value: "train" }] });
      expect(remote.holds("run", field, text, undefined)).toBe(true);
      await remote.write(run, { [field]: text });
      await remote.write(run, { [field]: text });
      expect((await remote.read(run))?.fields[field]).toBe(text);
    });

    test("a run without our marker is found by its name and its time, and tells its own id", async () => {
      const experiment = await newExperiment("foreign");
      const run = await remote.create({
        kind: "run",
        name: "plain",
        parent: experiment.id,
        fields: { start_time: "1700000000001" },
      });
      expect(run.fields["run_id"]).toBe(run.id);
      const found = await remote.look(searchFor("run", "plain", experiment.id, "1700000000001"));
      expect(found.map(({ id }) => id)).toEqual([run.id]);
      expect(await remote.look(searchFor("run", "plain", experiment.id, "1700000000002"))).toEqual([]);
    });

    test("files are listed with their sizes, read from the middle, and put again in place", async () => {
      const run = await newRun("files", (await newExperiment("files")).id);
      const bytes: number[] = [];
      await remote.putFile(run, fileOf("dir x/모델?.txt", "hello"), undefined, (sent) => bytes.push(sent));
      await remote.putFile(run, fileOf("100%.txt", "x"));
      await remote.putFile(run, fileOf("100%.txt", "yz"));
      await remote.putFile(run, fileOf("empty", ""));
      expect(bytes.at(-1)).toBe(5);
      expect(await remote.files(run)).toMatchObject([
        { path: "100%.txt", size: 2 },
        { path: "dir x/모델?.txt", size: 5 },
        { path: "empty", size: 0 },
      ]);
      const whole = await remote.getFile(run, "dir x/모델?.txt", { from: 0, etag: undefined });
      expect(await text(whole.body)).toBe("hello");
      const rest = await remote.getFile(run, "dir x/모델?.txt", { from: 2, etag: whole.etag });
      expect([rest.from, await text(rest.body)]).toEqual([2, "llo"]);
      await expect(remote.getFile(run, "none", { from: 0, etag: undefined })).rejects.toMatchObject({
        trouble: "gone",
      });
    });

    test("a version has files, params and points of its own, a semantic version and aliases", async () => {
      const model = await newModel("net");
      await expect(newModel("net")).rejects.toMatchObject({ trouble: "exists" });
      const first = await newVersion("1.2.0", model.id, "first");
      const second = await newVersion("2.0.0-rc.1", model.id, "second");
      await expect(newVersion("1.2.0", model.id, "third")).rejects.toMatchObject({ trouble: "exists" });
      await remote.write(first, { "param/lr": "0.1" });
      await remote.write(first, { "run_tag/seed": "7" });
      await remote.write(first, { "tag/k": "v" });
      await remote.write(first, { description: "text", stage: "Staging" });
      await remote.logPoints(first, [{ key: "auc", value: 0.75, timestamp: 3, step: 1 }]);
      await remote.putFile(first, fileOf("model/MLmodel", "flavors"));
      await remote.write(model, { "alias/champion": "1.2.0" });
      await remote.write(model, { "alias/next": "2.0.0-rc.1" });
      await remote.write(model, { "alias/next": null });
      const read = await remote.read(first);
      expect(read?.fields).toEqual({
        semver: "1.2.0",
        status: "READY",
        stage: "Staging",
        description: "text",
        "tag/k": "v",
        "param/lr": "0.1",
        "run_tag/seed": "7",
        ...marked("model_version", "first"),
      });
      expect((await remote.read(model))?.fields["alias/champion"]).toBe("1.2.0");
      expect((await remote.read(model))?.fields["alias/next"]).toBeUndefined();
      expect(await remote.files(first)).toMatchObject([{ path: "model/MLmodel", size: 7 }]);
      expect(await remote.files(second)).toEqual([]);
      const points = [];
      for await (const page of remote.points(first)) points.push(...page);
      expect(points).toEqual([{ key: "auc", value: 0.75, timestamp: 3, step: 1 }]);
      expect(await remote.find("model_version", "1.2.0", model.id)).toEqual(read);
      expect(await remote.look(searchFor("model_version", "first", model.id))).toEqual([read]);
      const { objects } = await remote.list({ of: "registry" }, undefined);
      expect(objects.map(({ kind, name }) => [kind, name])).toEqual([
        ["registered_model", "net"],
        ["model_version", "2.0.0-rc.1"],
        ["model_version", "1.2.0"],
      ]);
      expect(objects[2]).toEqual(read);
      const experiments = await remote.list({ of: "experiments" }, undefined);
      expect(experiments.objects.map(({ name }) => name)).not.toContain("outpost-model-versions");
      await remote.remove(model);
      expect([await remote.read(model), await remote.read(first)]).toEqual([undefined, undefined]);
      const again = await newModel("net");
      const other = await newVersion("1.2.0", again.id, "again");
      expect(await remote.read(first)).toBeUndefined();
      expect(await remote.files(other)).toEqual([]);
    });
  });
