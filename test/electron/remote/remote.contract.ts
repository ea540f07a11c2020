/** What every far side does, whichever server is behind it: one suite, run by each adapter. */
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { MARKER, type Remote, type RemoteObject, type Stream } from "../../../electron/remote/remote.ts";
import type { Fields, Point } from "../../../shared/sync/doc.ts";
import {
  all,
  core,
  distinct,
  fileOf,
  kinds,
  make,
  marker,
  paths,
  pointsOf,
  refOf,
  trouble,
  values,
} from "./contract-tools.ts";
import { fillRemote, readingContract } from "./reading.contract.ts";

export interface ContractWorld {
  /** Two workstations' ways to one world that is empty. */
  readonly remote: Remote;
  readonly other: Remote;
  readonly close?: () => void | Promise<void>;
}

export interface ContractFacts {
  /** The server does not know which of two runs of the same start time came first. */
  readonly runsByStartOnly?: boolean;
}

/** `setup` makes a world of its own for each test. */
export const remoteContract = (
  name: string,
  setup: () => Promise<ContractWorld>,
  { runsByStartOnly = false }: ContractFacts = {},
): void => {
  const world = async (): Promise<ContractWorld> => {
    const made = await setup();
    onTestFinished(async () => {
      made.remote.close();
      made.other.close();
      await made.close?.();
    });
    return made;
  };

  readingContract(name, async () => {
    const { remote, other } = await world();
    await fillRemote(remote);
    return other;
  });

  describe(`${name} as a far side`, () => {
    test("a probe names it, and what may be done there", async () => {
      const { remote, other } = await world();
      const [one, two] = [await remote.probe(), await other.probe()];
      expect(one.rights).toEqual(["read", "search", "write", "upload", "delete"]);
      expect(one.missing).toEqual([]);
      expect(one.identity).not.toBe("");
      expect(two.identity).toBe(one.identity);
    });

    test.each(kinds)("a %s that was created is read, listed and looked for as it was made", async (kind) => {
      const { remote, other } = await world();
      const made = await make(remote, kind, "first", { fields: { "tag/k": "v" } });
      const read = await other.read(refOf(made));
      expect(core(read)).toEqual(core(made));
      expect(made.fields["tag/k"]).toBe("v");
      const found = await other.look({
        kind,
        name: made.name,
        parent: made.parent,
        marker: made.fields[`tag/${MARKER}`] ?? "",
        startTime: undefined,
        until: undefined,
      });
      expect(found.map(({ id }) => id)).toEqual([made.id]);
      const stream: Stream =
        kind === "run"
          ? { of: "runs", experiment: made.parent ?? "" }
          : { of: kind === "experiment" ? "experiments" : "registry" };
      expect(core((await all(other, stream)).find(({ id }) => id === made.id))).toEqual(core(made));
      if (kind !== "run") expect(core(await other.find(kind, made.name, made.parent))).toEqual(core(made));
    });

    test("what is not there is undefined, and writing to it says that it is gone", async () => {
      const { remote, other } = await world();
      expect(await remote.find("experiment", "nowhere", null)).toBeUndefined();
      expect(await remote.find("registered_model", "nowhere", null)).toBeUndefined();
      for (const kind of kinds) {
        const made = refOf(await make(remote, kind, `gone-${kind}`.replace("_", "-")));
        await other.remove(made);
        expect(await remote.read(made)).toBeUndefined();
        expect(await trouble(remote.write(made, { "tag/late": "v" }))).toBe("gone");
        if (kind === "run" || kind === "model_version") {
          expect(await trouble(remote.files(made))).toBe("gone");
          expect(await trouble(remote.putFile(made, fileOf("a.txt", "a")))).toBe("gone");
        }
      }
    });

    test("a name that is taken is refused as that", async () => {
      const { remote, other } = await world();
      for (const kind of ["experiment", "registered_model", "model_version"] as const) {
        const made = await make(remote, kind, "taken");
        const again = { kind, name: made.name, parent: made.parent, fields: { [`tag/${MARKER}`]: marker(kind) } };
        expect(await trouble(other.create(again))).toBe("exists");
        expect((await all(remote, { of: kind === "experiment" ? "experiments" : "registry" })).length).toBeGreaterThan(
          0,
        );
      }
    });

    test("runs have no unique name", async () => {
      const { remote } = await world();
      const { id: parent } = await make(remote, "experiment", "e");
      const [one, two] = [await make(remote, "run", "same", { parent }), await make(remote, "run", "same", { parent })];
      expect(one.id).not.toBe(two.id);
      expect((await all(remote, { of: "runs", experiment: parent })).map(({ id }) => id)).toEqual([two.id, one.id]);
    });

    test("pages come newest first, and what comes meanwhile moves nothing", async () => {
      const { remote, other } = await world();
      const { id: parent } = await make(remote, "experiment", "e");
      const ids: string[] = [];
      for (let i = 0; i < 45; i += 1) ids.push((await make(remote, "run", `run-${i}`, { parent })).id);
      const listed = await all(remote, { of: "runs", experiment: parent }, () =>
        make(other, "run", "meanwhile", { parent }),
      );
      const shown = listed.map(({ id }) => id);
      expect(new Set(shown).size).toBe(shown.length);
      expect(shown.filter((id) => ids.includes(id))).toEqual(ids.toReversed());
      for (const each of ["x", "y", "z"]) await make(remote, "experiment", each);
      const experiments = (await all(remote, { of: "experiments" })).map(({ name: each }) => each);
      expect(experiments).toEqual(["z", "y", "x", "e"]);
    });

    test("the registry lists each model before its versions", async () => {
      const { remote } = await world();
      for (const model of ["one", "two"]) {
        const { id: parent } = await make(remote, "registered_model", model);
        await make(remote, "model_version", model, { parent, name: "1.0.0" });
        await make(remote, "model_version", model, { parent, name: "1.10.0-rc.1+build.5" });
      }
      const listed = await all(remote, { of: "registry" });
      expect(listed.map(({ name: each }) => each)).toEqual([
        "two", "1.10.0-rc.1+build.5", "1.0.0", "one", "1.10.0-rc.1+build.5", "1.0.0",
      ]); // prettier-ignore
      const models = new Map(
        listed.filter(({ kind }) => kind === "registered_model").map(({ id, name: each }) => [id, each]),
      );
      const parents = listed
        .filter(({ kind }) => kind === "model_version")
        .map(({ parent }) => models.get(parent ?? ""));
      expect(parents).toEqual(["two", "two", "one", "one"]);
      expect((await all(remote, { of: "experiments" })).map(({ name: each }) => each)).toEqual([]);
    });

    test.each(values)("of a %s it holds %s, or says that it does not", async (kind, field, value) => {
      const { remote, other } = await world();
      const answer = remote.holds(kind, field, value, undefined);
      if (answer === true) {
        // Some fields are for a creation only, tags may come later everywhere.
        const early = field.startsWith("tag/") ? {} : { fields: { [field]: value } };
        const made = await make(remote, kind, "held", early);
        if (made.fields[field] !== value) await remote.write(refOf(made), { [field]: value });
        expect((await other.read(refOf(made)))?.fields[field]).toBe(value);
      } else {
        expect(answer).not.toBe("");
        const made = await make(remote, kind, "held");
        expect(await trouble(remote.write(refOf(made), { [field]: value }))).toBe("invalid");
        expect(await trouble(make(remote, kind, "refused", { fields: { [field]: value } }))).toBe("invalid");
        expect((await other.read(refOf(made)))?.fields).toEqual(made.fields);
      }
    });

    test.each(kinds)("of a %s it changes and takes away what it says it can", async (kind) => {
      const { remote, other } = await world();
      const made = await make(remote, kind, "before", { fields: { "tag/k": "one" } });
      const nameOf = kind === "model_version" ? "semver" : "name";
      for (const [field, value] of [
        ["tag/k", "two"],
        ["tag/k", null],
        [nameOf, "after"],
      ] as const) {
        // prettier-ignore
        const now = (await other.read(refOf(made)))?.fields[field];
        if (remote.holds(kind, field, value, now) !== true) continue;
        await remote.write(refOf(made), { [field]: value });
        expect((await other.read(refOf(made)))?.fields[field]).toBe(value ?? undefined);
      }
    });

    test("every write shows in the fingerprint, points show in their mark", async () => {
      const { remote } = await world();
      const { id: parent } = await make(remote, "experiment", "e");
      const run = refOf(await make(remote, "run", "r", { parent }));
      const seen: string[] = [];
      const look = async (): Promise<RemoteObject> => {
        const [found] = await all(remote, { of: "runs", experiment: parent });
        seen.push(found?.fingerprint ?? "");
        expect(core(found)).toEqual(core(await remote.read(run)));
        return found!;
      };
      expect((await look()).pointsMark).toBe("");
      await remote.write(run, { "tag/a": "1" });
      await look();
      await remote.write(run, { "param/a": "1", "param/b": "2" });
      await look();
      await remote.write(run, { status: "FINISHED", end_time: "1700000000999" });
      const before = await look();
      await remote.logPoints(run, [{ key: "loss", value: 0.5, timestamp: 1, step: 1 }]);
      const after = await look();
      expect(after.pointsMark).not.toBe(before.pointsMark);
      expect(after.fields).toEqual(before.fields);
      expect(new Set(seen).size).toBe(seen.length);
    });

    test("a full write and a full batch of points fit", async () => {
      const { remote } = await world();
      const { limits } = remote;
      const run = refOf(await make(remote, "run", "r"));
      const count = Math.min(limits.batch, 200);
      const params: Fields = Object.fromEntries(Array.from({ length: count }, (_, i) => [`param/p${i}`, String(i)]));
      await remote.write(run, params);
      expect((await remote.read(run))?.fields).toMatchObject(params);
      const points = Array.from({ length: limits.pointBatch * 2 + 1 }, (_, step) => ({
        key: `k${step % 3}`,
        value: step / 7,
        timestamp: 1_700_000_000_000 + step,
        step,
      }));
      for (let at = 0; at < points.length; at += limits.pointBatch)
        await remote.logPoints(run, points.slice(at, at + limits.pointBatch));
      expect(distinct(await pointsOf(remote, run))).toEqual(distinct(points));
    });

    test("points: duplicates are no other points, and what it says it holds comes back exactly", async () => {
      const { remote } = await world();
      const run = refOf(await make(remote, "run", "r"));
      const base = { key: "loss", value: 0.1, timestamp: 1_700_000_000_000, step: 1 };
      const points: Point[] = [
        base,
        { ...base, value: -1e-300 },
        { ...base, value: NaN },
        { ...base, value: Infinity },
        { ...base, step: 2 ** 31 },
        { ...base, step: -5 },
        { ...base, step: 2n ** 60n + 1n },
        { ...base, key: "정확도/val" },
      ];
      const held = points.filter((point) => remote.holdsPoint(point) === true);
      await remote.logPoints(run, held);
      await remote.logPoints(run, [base]);
      expect(distinct(await pointsOf(remote, run))).toEqual(distinct(held));
      for (const point of points.filter((each) => !held.includes(each)))
        expect(await trouble(remote.logPoints(run, [point]))).toBe("invalid");
      expect(distinct(await pointsOf(remote, run))).toEqual(distinct(held));
    });

    test("a version's own run has its points", async () => {
      const { remote, other } = await world();
      const version = refOf(await make(remote, "model_version", "m"));
      if (remote.holds("model_version", "param/p", "1", undefined) !== true) return;
      const point = { key: "acc", value: 0.9, timestamp: 5, step: 0 };
      await remote.logPoints(version, [point]);
      expect(distinct(await pointsOf(other, version))).toEqual(distinct([point]));
      const listed = (await all(other, { of: "registry" })).find(({ id }) => id === version.id);
      expect(listed?.pointsMark).not.toBe("");
      expect(core(listed)).toEqual(core(await other.read(version)));
    });

    test.each(["run", "model_version"] as const)("files of a %s go up, are listed and come down", async (kind) => {
      const { remote, other } = await world();
      const ref = refOf(await make(remote, kind, "files"));
      expect(await remote.files(ref)).toEqual([]);
      const content = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
      const held: string[] = [];
      for (const path of paths) {
        const file = fileOf(path, Buffer.concat([content, Buffer.from(path)]));
        const answer = remote.holdsFile(path);
        if (answer !== true) {
          expect(await trouble(remote.putFile(ref, file))).toBe("invalid");
          continue;
        }
        let sent = 0;
        const went = await trouble(remote.putFile(ref, file, undefined, (bytes) => (sent = bytes)));
        if (went !== "none") {
          expect(remote.holdsFile(path)).not.toBe(true); // learned by trying
          continue;
        }
        held.push(path);
        expect(sent).toBe(file.size);
        const listed = (await other.files(ref)).find((each) => each.path === path);
        expect(listed).toEqual({ path, size: file.size, sha256: listed?.sha256, twins: 0 });
        if (listed?.sha256 !== undefined) expect(listed.sha256).toBe(file.sha256);
        for (const from of [0, 7000]) {
          const download = await other.getFile(ref, path, { from, etag: undefined });
          const bytes = await buffer(download.body);
          expect([0, from]).toContain(download.from);
          expect(bytes.equals((await buffer(file.open())).subarray(download.from))).toBe(true);
        }
      }
      expect(held).toContain("plain.txt");
      expect((await remote.files(ref)).map(({ path }) => path).sort()).toEqual(held.sort());
      expect(await trouble(remote.getFile(ref, "nothing.txt", { from: 0, etag: undefined }))).toBe("gone");
    });

    test("the newest upload of a path counts, an empty one too", async () => {
      const { remote } = await world();
      const run = refOf(await make(remote, "run", "r"));
      for (const content of ["first", "second one", ""]) {
        await remote.putFile(run, fileOf("f.txt", content));
        const [file, ...others] = await remote.files(run);
        expect(others).toEqual([]);
        expect(file?.size).toBe(content.length);
        const { body } = await remote.getFile(run, "f.txt", { from: 0, etag: undefined });
        expect((await buffer(body)).toString()).toBe(content);
      }
    });

    test("a lost run is found by its marker, or by name and start where it got none", async () => {
      const { remote, other } = await world();
      const { id: parent } = await make(remote, "experiment", "e");
      const start = { start_time: "1700000000000" };
      const old = await make(remote, "run", "r", { parent, fields: start });
      const wanted = marker("run");
      const create = (fields: Fields) =>
        other.create({ kind: "run", name: "r", parent, fields: { ...start, ...fields } });
      const one = await create({ [`tag/${MARKER}`]: wanted });
      await create({ [`tag/${MARKER}`]: marker("run") });
      const bare = await create({});
      const twin = await create({ [`tag/${MARKER}`]: wanted });
      const search = { kind: "run", name: "r", parent, marker: wanted, startTime: "1700000000000" } as const;
      const ids = async (until: string | undefined) => (await remote.look({ ...search, until })).map(({ id }) => id);
      if (runsByStartOnly) {
        expect((await ids(undefined)).sort()).toEqual([one.id, bare.id, twin.id].sort());
        return;
      }
      expect(await ids(undefined)).toEqual([one.id, bare.id, twin.id]);
      expect(await ids(old.id)).toEqual([one.id, bare.id, twin.id]);
      expect(await ids(one.id)).toEqual([bare.id, twin.id]);
      expect(await ids(twin.id)).toEqual([]);
    });

    test("an object of another marker is not the one that is looked for", async () => {
      const { remote } = await world();
      for (const kind of ["experiment", "registered_model", "model_version"] as const) {
        const { name: taken, parent } = await make(remote, kind, "same");
        const search = { kind, name: taken, parent, marker: marker(kind), startTime: undefined, until: undefined };
        expect(await remote.look(search)).toEqual([]);
      }
    });

    test("what is cancelled ends as cancelled, and did nothing", async () => {
      const { remote } = await world();
      const run = refOf(await make(remote, "run", "r"));
      const signal = AbortSignal.abort();
      const fields = { [`tag/${MARKER}`]: marker("experiment") };
      const calls = [
        remote.probe(signal),
        remote.list({ of: "experiments" }, undefined, signal),
        remote.list({ of: "registry" }, undefined, signal),
        remote.read(run, signal),
        remote.create({ kind: "experiment", name: "cancelled", parent: null, fields }, signal),
        remote.write(run, { "tag/c": "1" }, signal),
        remote.logPoints(run, [{ key: "k", value: 1, timestamp: 1, step: 1 }], signal),
        remote.files(run, signal),
        remote.putFile(run, fileOf("c.txt", "c"), signal),
        remote.getFile(run, "c.txt", { from: 0, etag: undefined }, signal),
        remote.remove(run, signal),
      ];
      expect(new Set(await Promise.all(calls.map(trouble)))).toEqual(new Set(["cancelled"]));
      expect(await remote.find("experiment", "cancelled", null)).toBeUndefined();
      expect((await remote.read(run))?.fields["tag/c"]).toBeUndefined();
      expect(await remote.files(run)).toEqual([]);
    });
  });
};
