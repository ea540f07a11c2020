/** Two workstations that meet in a GitLab project: what one has, the other gets, with what GitLab cannot hold. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createMemoryWorld, poorMemory } from "../../../../electron/remote/memory.ts";
import { MARKER } from "../../../../electron/remote/remote.ts";
import { createEngine } from "../../../../electron/sync/engine.ts";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { setupWorkstation } from "../../../helpers/workstation.ts";
import { all, pointsOf } from "../contract-tools.ts";
import { gitlabRemote } from "./remote.ts";

const setupStation = async (double: GitlabDouble, name: string, token: string) => {
  const station = setupWorkstation({ world: createMemoryWorld(poorMemory), name, row: { file_policy: "all" } });
  station.store.db.exec("DELETE FROM experiments"); // the default one, which is none of the objects in memory
  await station.local.write(() => station.state.remotes.update(station.row.id, { accepted_at: 1 }));
  const sent: string[] = [];
  const remote = gitlabRemote(double, {
    token,
    onCall: ({ method, url }) => {
      const path = new URL(url).pathname;
      if (method !== "GET" && !path.endsWith("/search")) sent.push(`${method} ${path.split("/").slice(-2).join("/")}`);
    },
  });
  const engine = createEngine({
    remoteId: station.row.id,
    remote,
    local: station.local,
    state: station.state,
    clock: station.clock,
    random: () => 0.5,
    pace: 1,
    conditions: () => [],
  });
  const { signal } = new AbortController();
  const sync = () => engine.sync({ what: "push,pull", apply: "accepted", actor: "test", signal });
  /** What this machine has, by uid. */
  const docs = () =>
    Object.fromEntries(
      station
        .all()
        .map(({ uid, kind, parent, fields, points, files }) => [
          uid,
          { kind, parent, fields, points, files: files.map(({ path, sha256 }) => [path, sha256]).sort() },
        ]),
    );
  return { ...station, sync, docs, sent, close: () => remote.close() };
};

describe.each(["older", "newer"] as const)("%s releases", (variant) => {
  let double: GitlabDouble;
  beforeAll(async () => {
    double = await startGitlabDouble(["--variant", variant]);
  }, 60_000);
  afterAll(() => double.stop());
  beforeEach(() => double.control("POST", "reset", {}));

  const setup = async () => {
    const one = await setupStation(double, "1", "developer");
    const two = await setupStation(double, "2", "second");
    const experiment = await one.make("experiment", { name: "training", "tag/team": "vision" });
    const run = await one.make(
      "run",
      {
        name: "first",
        status: "FINISHED",
        start_time: "1700000000000",
        end_time: "1700000060000",
        user_id: "kim",
        "param/lr": "0.1",
        "param/long": "p".repeat(400),
        "tag/note": "good",
        "tag/empty": "",
        "dataset/mnist/1": '{"source":"s"}',
      },
      experiment,
    );
    await one.addPoints(run, [
      { key: "loss", value: 0.5, timestamp: 1_700_000_000_001, step: 1 },
      { key: "loss", value: NaN, timestamp: 1_700_000_000_002, step: 2 },
    ]);
    await one.addFile(run, "weights 1.bin", "weights");
    const model = await one.make("registered_model", { name: "classifier", description: "Cats", "tag/a": "1" });
    const version = await one.make("model_version", { semver: "1.0.0", description: "First", "tag/b": "2" }, model);
    await one.addFile(version, "model.bin", "version");
    return { one, two, experiment, run, model, version };
  };

  test("a second sync sends nothing", async () => {
    const { one } = await setup();
    const first = await one.sync();
    expect([first.outcome, first.problem, first.unfinished]).toEqual(["done", null, []]);
    expect(one.sent).toContain("POST experiments/create");
    one.sent.length = 0;
    expect((await one.sync()).outcome).toBe("done");
    expect(one.sent).toEqual([]);
  });

  test("another workstation gets the same, and sends nothing back", async () => {
    const { one, two } = await setup();
    await one.sync();
    const { outcome, unfinished } = await two.sync();
    expect([outcome, unfinished]).toEqual(["done", []]);
    expect(two.docs()).toEqual(one.docs());
    expect(two.sent).toEqual([]);
  });

  test("what either changes later, though GitLab writes it only once, comes to the other", async () => {
    const { one, two, experiment, run, model, version } = await setup();
    await one.sync();
    await two.sync();
    await one.edit(run, { name: "renamed", "tag/note": "better", "tag/new": "here" });
    await one.edit(experiment, { "tag/team": "sound" });
    await one.edit(model, { description: "Cats and dogs", "alias/champion": "1.0.0", "tag/a": null });
    await one.edit(version, { stage: "Production", "tag/b": "3" });
    expect((await one.sync()).outcome).toBe("done");
    expect((await two.sync()).outcome).toBe("done");
    expect(two.docs()).toEqual(one.docs());
    await two.edit(run, { "tag/note": "best" });
    await two.edit(version, { description: "First of all" });
    await two.addPoints(run, [{ key: "loss", value: 0.25, timestamp: 1_700_000_000_003, step: 3 }]);
    expect((await two.sync()).outcome).toBe("done");
    expect((await one.sync()).outcome).toBe("done");
    expect(one.docs()).toEqual(two.docs());
    for (const station of [one, two]) {
      station.sent.length = 0;
      expect((await station.sync()).outcome).toBe("done");
      expect(station.sent).toEqual([]);
    }
  });

  test("files that join a run and a version later come to the other, and nothing is written after", async () => {
    const { one, two, run, version } = await setup();
    await one.sync();
    await two.sync();
    await one.addFile(run, "late.bin", "late for the run");
    await one.addFile(version, "late.bin", "late for the version");
    const sent = await one.sync();
    expect([sent.outcome, sent.problem]).toEqual(["done", null]);
    expect((await two.sync()).outcome).toBe("done");
    expect(two.docs()[run]?.files).toHaveLength(2);
    expect(two.docs()).toEqual(one.docs());
    for (const station of [one, two]) {
      station.sent.length = 0;
      expect((await station.sync()).outcome).toBe("done");
      expect(station.sent).toEqual([]);
    }
  });

  test("whatever is lost on the way, everything is there once in the end", { timeout: 120_000 }, async () => {
    const { one, run, version } = await setup();
    const strike = (method: string, kind: string, chance: number) => ({
      match: { method, chance, times: 10_000 },
      fault: { kind },
    });
    const rules = ["POST", "PUT", "PATCH"].flatMap((method) => [
      strike(method, "drop-after", 0.2),
      strike(method, "drop-before", 0.1),
      strike(method, "truncate", 0.05),
    ]);
    await double.control("POST", "rules", { rules: [...rules, strike("GET", "drop-before", 0.05)] });
    for (let time = 0; time < 5; time += 1) {
      await one.sync();
      one.clock.advance(2 * 3_600_000);
    }
    const struck: readonly { readonly struck: number }[] = await double.control("GET", "rules");
    expect(struck.reduce((sum, each) => sum + each.struck, 0)).toBeGreaterThan(5);
    await double.control("DELETE", "rules");
    for (let time = 0; time < 3; time += 1) await one.sync();
    one.sent.length = 0;
    expect((await one.sync()).outcome).toBe("done");
    expect(one.sent).toEqual([]);
    const remote = gitlabRemote(double);
    const experiments = await all(remote, { of: "experiments" });
    const runs = await all(remote, { of: "runs", experiment: experiments[0]?.id ?? "" });
    const registry = await all(remote, { of: "registry" });
    const markers = [...experiments, ...runs, ...registry].map(({ fields }) =>
      fields[`tag/${MARKER}`]?.split("/").at(-1),
    );
    expect(markers).toEqual([...new Set(one.all().map(({ uid }) => uid))]);
    expect(await pointsOf(remote, runs[0]!)).toEqual([
      { key: "loss", value: 0.5, timestamp: 1_700_000_000_001, step: 1 },
    ]);
    for (const [uid, object] of [
      [run, runs[0]!],
      [version, registry[1]!],
    ] as const) {
      const own = one.docs()[uid]?.files.map(([path]) => path) ?? [];
      const there = (await remote.files(object)).filter(({ path }) => own.includes(path));
      expect(there.map(({ path, twins }) => [path, twins])).toEqual(own.map((path) => [path, 0]));
    }
  });
});
