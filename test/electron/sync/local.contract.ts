/** What every `Local` does. Its own ways in are enough: what it is given it gives back. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { Local, NewLocal } from "../../../electron/sync/local.ts";
import { originOf, type Fields, type SyncKind } from "../../../shared/sync/doc.ts";
import {
  ALL,
  copyAll,
  EXPERIMENT,
  FAR,
  made,
  MODEL,
  MODEL_ID,
  POINTS,
  pointsOf,
  readOf,
  RUN,
  sha256,
  text,
  uidOf,
  VERSION,
} from "./local-samples.ts";

const receive = async (local: Local, bytes: string): Promise<{ sha256: string; size: number }> => {
  const expected = { sha256: sha256(bytes), size: Buffer.byteLength(bytes) };
  const partial = local.partial(expected.sha256);
  await partial.append(0, Readable.from([Buffer.from(bytes)]));
  await partial.finish(expected);
  return expected;
};

/** `setup` gives an empty folder each time, with a workstation of its own. */
export const localContract = (name: string, setup: () => Local): void => {
  const create = (local: Local, inputs: readonly NewLocal[]) =>
    local.write((writes) => {
      for (const input of inputs) writes.create(input);
    });

  describe(name, () => {
    test.each(ALL.map((input) => [input.kind, input] as const))(
      "a pulled %s is read back as it was given",
      async (_kind, input) => {
        const local = setup();
        await create(local, ALL);
        const { fields, origin, parent, trashed, points, rev } = readOf(local, input);
        expect(fields).toEqual(input.fields);
        expect({ origin, parent, trashed, points }).toEqual({
          origin: input.origin,
          parent: input.parent,
          trashed: false,
          points: 0,
        });
        expect(rev).toBeGreaterThan(0);
      },
    );

    test("one that was made here has this workstation's origin", async () => {
      const local = setup();
      const input = made("experiment", uidOf("9"), null, { name: "own" }, local.workstation);
      await create(local, [input]);
      expect(readOf(local, input).origin).toBe(originOf(local.workstation, "experiment", input.uid));
    });

    test("what is unknown is undefined, and has no points", () => {
      const local = setup();
      expect(local.read({ kind: "run", uid: uidOf("9") })).toBeUndefined();
      expect(pointsOf(local, { kind: "run", uid: uidOf("9") })).toEqual([]);
    });

    test("unique names are found, and not given twice", async () => {
      const local = setup();
      await create(local, ALL);
      expect(local.findByName("experiment", "Wärme 🌡", null)).toBe(EXPERIMENT.uid);
      expect(local.findByName("registered_model", "Wald", null)).toBe(MODEL.uid);
      expect(local.findByName("model_version", "1.2.0", MODEL.uid)).toBe(VERSION.uid);
      expect(local.findByName("model_version", "1.2.1", MODEL.uid)).toBeUndefined();
      for (const input of [EXPERIMENT, MODEL, VERSION])
        await expect(
          create(local, [{ ...input, uid: uidOf("9"), origin: originOf(FAR, input.kind, uidOf("9")) }]),
        ).rejects.toMatchObject({
          kind: "already_exists",
        });
      await expect(create(local, [RUN])).rejects.toMatchObject({ kind: "already_exists" });
    });

    test("a refused object leaves nothing of its transaction behind", async () => {
      const local = setup();
      await expect(
        create(local, [EXPERIMENT, made("run", uidOf("2"), uidOf("8"), { name: "n", status: "FINISHED" })]),
      ).rejects.toMatchObject({
        kind: "not_found",
      });
      expect(local.read(EXPERIMENT)).toBeUndefined();
    });

    test.each<[SyncKind, Fields, Readonly<Record<string, string | null>>]>([
      ["experiment", EXPERIMENT.fields, { name: "Kälte", "tag/team": "c", "tag/empty": null, "tag/new": "" }],
      [
        "run",
        RUN.fields,
        {
          name: "run 2",
          status: "FAILED",
          end_time: null,
          "tag/x": "1",
          "tag/__proto__": null,
          "param/lr": "0.2",
          "param/путь/к": null,
          "dataset/train/abc": null,
          [`model/output/${MODEL_ID}`]: null,
        },
      ],
      [
        "registered_model",
        MODEL.fields,
        { name: "Forst", description: null, "tag/team": null, "alias/champion": null, "alias/challenger": "9.9.9" },
      ],
      [
        "model_version",
        VERSION.fields,
        {
          semver: "1.2.1",
          description: "worse",
          stage: "Production",
          run_link: null,
          run: null,
          "tag/x": "y",
          "param/epochs": "8",
          "run_tag/stage": null,
        },
      ],
    ])("fields of a %s are set and unset", async (kind, fields, changes) => {
      const local = setup();
      await create(local, ALL);
      const ref = ALL.find((input) => input.kind === kind) ?? EXPERIMENT;
      const before = readOf(local, ref).rev;
      await local.write((writes) => writes.set(ref, changes, {}));
      const wanted = Object.fromEntries(
        Object.entries({ ...fields, ...changes }).filter(([, value]) => value !== null),
      );
      expect(readOf(local, ref).fields).toEqual(wanted);
      expect(readOf(local, ref).rev).toBeGreaterThan(before);
    });

    test("a field that moved here meanwhile keeps all of them as they are", async () => {
      const local = setup();
      await create(local, ALL);
      const change = { name: "other", "tag/new": "1" };
      for (const over of [{ name: "was something else" }, { "tag/new": "set" }, { "tag/team": undefined }])
        await expect(local.write((writes) => writes.set(EXPERIMENT, change, over))).rejects.toMatchObject({
          kind: "conflict",
        });
      expect(readOf(local, EXPERIMENT).fields).toEqual(EXPERIMENT.fields);
      await local.write((writes) => writes.set(EXPERIMENT, change, { name: "Wärme 🌡", "tag/new": undefined }));
      expect(readOf(local, EXPERIMENT).fields).toEqual({ ...EXPERIMENT.fields, ...change });
    });

    test("setting what is there changes nothing", async () => {
      const local = setup();
      await create(local, ALL);
      const { rev } = readOf(local, RUN);
      await local.write((writes) => writes.set(RUN, { "param/lr": "0.1", "tag/absent": null }, {}));
      expect(readOf(local, RUN).rev).toBe(rev);
    });

    test.each([["run", RUN] as const, ["model_version", VERSION] as const])(
      "points of a %s are kept once, in order, whatever their values",
      async (_kind, ref) => {
        const local = setup();
        await create(local, ALL);
        await local.write((writes) => writes.addPoints(ref, [...POINTS].reverse()));
        await local.write((writes) => writes.addPoints(ref, POINTS));
        expect(readOf(local, ref).points).toBe(POINTS.length);
        expect(pointsOf(local, ref).map(text).sort()).toEqual(POINTS.map(text).sort());
        expect(pointsOf(local, ref).map(({ key }) => key)).toEqual(["acc", "acc", "loss", "loss", "loss"]);
      },
    );

    test("points come in pages of at most a thousand", async () => {
      const local = setup();
      await create(local, ALL);
      const many = ["a", "b"].flatMap((key) =>
        Array.from({ length: 1300 }, (_, step) => ({ key, value: step / 7, timestamp: 5, step })),
      );
      for (let at = 0; at < many.length; at += 1000)
        await local.write((writes) => writes.addPoints(RUN, many.slice(at, at + 1000)));
      const pages = [...local.points(RUN)];
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(1000);
      expect(pages.flat().map(text)).toEqual(many.map(text));
    });

    test("a file is received in pieces, bound to its paths and read from anywhere", async () => {
      const local = setup();
      await create(local, ALL);
      const [bytes, digest] = ["hello world", sha256("hello world")];
      expect(local.hasBytes(digest)).toBe(false);
      const partial = local.partial(digest);
      await partial.append(0, Readable.from([Buffer.from("hello, wrong")]));
      const told: number[] = [];
      await partial.append(5, Readable.from([Buffer.from(" wor"), Buffer.from("ld")]), undefined, (total) =>
        told.push(total),
      );
      expect(told).toEqual([9, 11]);
      expect(local.partial(digest).size()).toBe(11);
      await partial.finish({ sha256: digest, size: 11 });
      expect(local.hasBytes(digest)).toBe(true);
      expect(local.partial(digest).size()).toBe(0);
      const files = [{ path: "data/a.txt", sha256: digest, size: 11, here: true }];
      const paths = [`logged-models/${MODEL_ID}/MLmodel`, "data/a.txt"];
      const left = await local.write((writes) => [
        ...writes.bindFiles(VERSION, files),
        ...writes.bindFiles(
          RUN,
          paths.map((path) => ({ path, sha256: digest, size: 11, here: true })),
        ),
      ]);
      expect(left).toEqual([]);
      expect(readOf(local, VERSION).files).toEqual([{ path: "data/a.txt", sha256: digest, size: 11 }]);
      expect(
        readOf(local, RUN)
          .files.map(({ path }) => path)
          .sort(),
      ).toEqual([...paths].sort());
      const fact = { sha256: digest, size: 11 };
      expect(String(await buffer(local.openFile(fact)))).toBe(bytes);
      expect(String(await buffer(local.openFile(fact, 6)))).toBe("world");
      expect((await buffer(local.openFile(fact, 11))).length).toBe(0);
    });

    test("wrong bytes are refused and begin from nothing", async () => {
      const local = setup();
      const partial = local.partial(sha256("right"));
      await partial.append(0, Readable.from([Buffer.from("wrong")]));
      await expect(partial.finish({ sha256: sha256("right"), size: 5 })).rejects.toMatchObject({ kind: "corrupt" });
      expect(partial.size()).toBe(0);
      expect(local.hasBytes(sha256("right"))).toBe(false);
      expect(() => local.openFile({ sha256: sha256("right"), size: 5 })).toThrow(
        expect.objectContaining({ kind: "not_found" }),
      );
    });

    test("a broken download goes on where it stopped, unless it is dropped", async () => {
      const local = setup();
      const partial = local.partial(sha256("abcdef"));
      const broken = async function* () {
        yield Buffer.from("abc");
        await Promise.resolve();
        throw new Error("reset");
      };
      await expect(partial.append(0, Readable.from(broken()))).rejects.toThrow("reset");
      expect(local.partial(sha256("abcdef")).size()).toBe(3);
      await expect(partial.append(4, Readable.from([]))).rejects.toMatchObject({ kind: "invalid" });
      await partial.drop();
      expect(partial.size()).toBe(0);
    });

    test("an empty file is a file", async () => {
      const local = setup();
      await create(local, ALL);
      const blob = await receive(local, "");
      await local.write((writes) => writes.bindFiles(RUN, [{ path: "empty", ...blob, here: true }]));
      expect(readOf(local, RUN).files).toEqual([{ path: "empty", ...blob }]);
      expect((await buffer(local.openFile(blob))).length).toBe(0);
    });

    test("a path that holds other bytes is left alone and named; one that is only listed has none", async () => {
      const local = setup();
      await create(local, ALL);
      const [one, other] = [await receive(local, "one"), await receive(local, "other")];
      await local.write((writes) => writes.bindFiles(RUN, [{ path: "a", ...one, here: true }]));
      const left = await local.write((writes) =>
        writes.bindFiles(RUN, [
          { path: "a", ...other, here: true },
          { path: "a", ...one, here: true },
          { path: "a/b", ...one, here: true },
          { path: "later", sha256: sha256("later"), size: 5, here: false },
          { path: "a", sha256: sha256("later"), size: 5, here: false },
        ]),
      );
      expect(left).toEqual(["a", "a/b", "a"]);
      expect(readOf(local, RUN).files).toEqual([{ path: "a", ...one }]);
    });

    test.each(["../x", "/etc/passwd", "a/../../b", "a\\b", ""])(
      "a file that would leave its folder ('%s') is refused",
      async (path) => {
        const local = setup();
        await create(local, ALL);
        const blob = await receive(local, "x");
        await expect(
          local.write((writes) => writes.bindFiles(RUN, [{ path, ...blob, here: true }])),
        ).rejects.toMatchObject({ kind: "invalid" });
      },
    );

    test("an alias waits for its version, and the run of a version for that run", async () => {
      const local = setup();
      await create(local, [MODEL, VERSION]);
      expect(readOf(local, VERSION).fields["run"]).toBe(RUN.uid);
      await create(local, [EXPERIMENT, RUN]);
      expect(readOf(local, VERSION).fields).toEqual(VERSION.fields);
      expect(readOf(local, MODEL).fields).toEqual(MODEL.fields);
    });

    test("another folder holds the same after a round trip", async () => {
      const [local, other] = [setup(), setup()];
      await create(local, ALL);
      const blob = await receive(local, "weights");
      await local.write((writes) => {
        for (const ref of [RUN, VERSION]) {
          writes.addPoints(ref, POINTS);
          writes.bindFiles(ref, [{ path: "model/weights.bin", ...blob, here: true }]);
        }
      });
      await copyAll(local, other, ALL);
      for (const ref of ALL) {
        const [{ rev: _rev, ...here }, { rev: _otherRev, ...there }] = [readOf(local, ref), readOf(other, ref)];
        expect(there).toEqual(here);
        expect(pointsOf(other, ref).map(text)).toEqual(pointsOf(local, ref).map(text));
      }
    });
  });
};
