import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, originOf, type Fields, type Point } from "../../../shared/sync/doc.ts";
import {
  buildNote,
  foldNotes,
  noteKey,
  splitWrites,
  type Folded,
  type NoteInput,
} from "../../../electron/sync/notes.ts";

const WS = "a".repeat(32);
const OTHER = "b".repeat(32);
const ORIGIN = originOf(WS, "run", "1".repeat(32));
const empty: Pick<Folded, "note" | "over" | "points" | "files"> = {
  note: 0,
  over: new Map(),
  points: [],
  files: new Map(),
};

const input = (over: Partial<NoteInput>): NoteInput => ({
  kind: "run",
  origin: ORIGIN,
  workstation: WS,
  desired: {},
  native: {},
  points: [],
  files: {},
  there: empty,
  noteBytes: 5000,
  ...over,
});
const marked = (fields: Fields, ...notes: readonly { key: string; text: string }[]): Fields => ({
  ...fields,
  "tag/outpost.origin": ORIGIN,
  ...Object.fromEntries(notes.map(({ key, text }) => [`tag/${key}`, text])),
});
const noteText = (change: Record<string, unknown> = {}): string =>
  canonical({ v: 1, n: 1, ws: "aaaaaaaa", origin: ORIGIN, over: { name: ["new", "old"] }, ...change });
const odd: Point = { key: "loss", step: 3, timestamp: 9007199254740993n, value: NaN };

test("what fits needs no note", () => {
  expect(buildNote(input({ desired: { name: "a" }, native: { name: "a" } }))).toBeUndefined();
});

test("a note says what the far side cannot, and is read back", async () => {
  const desired = { name: "new", "tag/a": "2", "param/long": "x".repeat(600) };
  const native = { name: "old", "tag/a": "1", "tag/gone": "z" };
  const built = buildNote(
    input({ desired, native, points: [odd], files: { "a/b": { sha256: "f".repeat(64), size: 3 } } }),
  );
  expect(built?.key).toBe("outpost.t.1.aaaaaaaa");
  const folded = await foldNotes("run", marked(native, built!));
  expect(folded).toMatchObject({ fields: desired, native, note: 1, points: [odd], marker: ORIGIN, problems: [] });
  expect(folded.files.get("a/b")).toEqual({ sha256: "f".repeat(64), size: 3 });
  expect(buildNote(input({ desired, native, points: [odd], there: folded }))).toBeUndefined();
});

test("the next note is complete: it stands without the one before", async () => {
  const first = buildNote(
    input({ desired: { name: "b", "tag/a": "2" }, native: { name: "a", "tag/a": "1" }, points: [odd] }),
  );
  const there = await foldNotes("run", marked({ name: "a", "tag/a": "1" }, first!));
  const second = buildNote(
    input({ desired: { name: "c", "tag/a": "2" }, native: there.native, there, workstation: OTHER }),
  );
  expect(second?.key).toBe("outpost.t.2.bbbbbbbb");
  const alone = await foldNotes("run", marked({ name: "a", "tag/a": "1" }, second!));
  expect(alone).toMatchObject({ fields: { name: "c", "tag/a": "2" }, points: [odd] });
});

test("a native value that is no longer the one it hides has moved, and wins", async () => {
  const folded = await foldNotes("run", marked({ name: "moved" }, { key: noteKey(1, WS), text: noteText() }));
  expect(folded.fields).toEqual({ name: "moved" });
});

test("two notes of one number lose neither side's change", async () => {
  const at = (n: number, ws: string, over: Record<string, unknown>) => ({
    key: noteKey(n, ws),
    text: noteText({ n, ws: ws.slice(0, 8), over }),
  });
  const before = at(1, WS, { name: ["x", null], "tag/a": ["0", null] });
  const mine = at(2, WS, { name: ["mine", null], "tag/a": ["0", null] });
  const theirs = at(2, OTHER, { name: ["x", null], "tag/a": ["theirs", null], "tag/b": ["b", null] });
  const folded = await foldNotes("run", marked({}, before, mine, theirs));
  expect(folded.fields).toEqual({ name: "mine", "tag/a": "theirs", "tag/b": "b" });
  expect(folded.note).toBe(2);
});

test("a long note goes into a file that its tag names", async () => {
  const desired = { "param/p": "x".repeat(6000) };
  const built = buildNote(input({ desired, native: {} }));
  const file = built!.file!;
  expect(JSON.parse(built!.text)).toEqual({
    v: 1,
    n: 1,
    ws: "aaaaaaaa",
    file: "outpost-provenance.1.aaaaaaaa.json",
    sha256: createHash("sha256").update(file.bytes).digest("hex"),
    size: file.bytes.byteLength,
  });
  const there = marked({}, built!);
  expect(await foldNotes("run", there)).toMatchObject({ incomplete: true, fields: {} });
  expect(await foldNotes("run", there, () => Promise.resolve(file.bytes))).toMatchObject({
    incomplete: false,
    fields: desired,
  });
  const damaged = await foldNotes("run", there, () => Promise.resolve(Buffer.from("{}")));
  expect(damaged.fields).toEqual({});
  expect(damaged.problems[0]).toContain("is not what was written");
  const lost = await foldNotes("run", there, () => Promise.resolve(undefined));
  expect(lost.problems[0]).toContain("is not there");
});

test("an object without files cannot have a long note, and the message says what to do", () => {
  const build = () => buildNote(input({ kind: "experiment", desired: { "tag/a": "x".repeat(6000) } }));
  expect(build).toThrow(/only 5000 fit there\. Shorten/);
});

test.each([
  ["no JSON", "{", /no note of a version/],
  ["a list", "[]", /no note of a version/],
  ["a later version", noteText({ v: 2 }), /no note of a version/],
  ["another number", noteText({ n: 2 }), /another place/],
  ["another workstation", noteText({ ws: "bbbbbbbb" }), /another place/],
  ["another object", noteText({ origin: originOf(WS, "run", "2".repeat(32)) }), /another object/],
  ["another kind", noteText({ origin: originOf(WS, "experiment", "1".repeat(32)) }), /what it is of/],
  ["no origin", noteText({ origin: undefined }), /what it is of/],
  ["a field that no run has", noteText({ over: { "alias/a": ["1", null] } }), /in the form/],
  ["one of our own marks", noteText({ over: { "tag/outpost.origin": ["1", null] } }), /in the form/],
  ["a number for a text", noteText({ over: { name: [1, null] } }), /in the form/],
  ["overlays that are none", noteText({ over: [] }), /in the form/],
  ["points that are none", noteText({ points: [["a", 1, 2]] }), /in the form/],
  ["a point of another word", noteText({ points: [["a", 1, 2, "toString"]] }), /in the form/],
  ["a step beyond 64 bits", noteText({ points: [["a", "9223372036854775808", 2, 1]] }), /in the form/],
  ["files without a digest", noteText({ files: { a: ["x", 1] } }), /in the form/],
  [
    "a file elsewhere",
    canonical({ v: 1, n: 1, ws: "aaaaaaaa", file: "../x", sha256: "f".repeat(64), size: 1 }),
    /none of ours/,
  ],
  [
    "a file without end",
    canonical({
      v: 1,
      n: 1,
      ws: "aaaaaaaa",
      file: "outpost-provenance.1.aaaaaaaa.json",
      sha256: "f".repeat(64),
      size: 2 ** 40,
    }),
    /larger than/,
  ],
])("a note that is %s is passed over and said", async (_name, text, why) => {
  const folded = await foldNotes("run", marked({ name: "old" }, { key: noteKey(1, WS), text }));
  expect(folded).toMatchObject({ fields: { name: "old" }, points: [], incomplete: false, note: 1 });
  expect(folded.problems[0]).toMatch(why);
});

test("behind a newer note that is none, the last good one counts", async () => {
  const good = { key: noteKey(1, WS), text: noteText() };
  const bad = { key: noteKey(5, OTHER), text: "nonsense" };
  const folded = await foldNotes("run", marked({ name: "old" }, good, bad));
  expect(folded).toMatchObject({ fields: { name: "new" }, note: 5 });
  expect(folded.problems).toHaveLength(1);
});

test("a version's note may stand among the tags of its own run", async () => {
  const origin = originOf(WS, "model_version", "1".repeat(32));
  const text = canonical({ v: 1, n: 1, ws: "aaaaaaaa", origin, over: { stage: ["Production", null] } });
  const folded = await foldNotes("model_version", {
    "run_tag/outpost.origin": origin,
    [`run_tag/${noteKey(1, WS)}`]: text,
  });
  expect(folded).toMatchObject({ marker: origin, native: {}, fields: { stage: "Production" } });
});

test("what is written natively and what is noted is told apart by the far side alone", () => {
  const holds = (_kind: string, field: string, _value: string | null, now: string | undefined): true | string =>
    field.startsWith("tag/") && now !== undefined ? "it keeps the first value of a tag" : true;
  const split = splitWrites(
    "run",
    { "tag/a": "2", "tag/b": "1", status: "FINISHED" },
    { "tag/a": "1", end_time: "4" },
    holds,
  );
  expect(split.writes).toEqual({ "tag/b": "1", status: "FINISHED", end_time: null });
  expect(split.noted).toEqual([{ field: "tag/a", why: "it keeps the first value of a tag" }]);
});

const fields = fc.dictionary(
  fc.oneof(
    fc.constantFrom("name", "status"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }).map((key) => `tag/${key}`),
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  { maxKeys: 6 },
);
const points = fc.array(
  fc.record({
    key: fc.constantFrom("a", "é"),
    step: fc.integer(),
    timestamp: fc.constantFrom(1, 9007199254740993n),
    value: fc.constantFrom(NaN, Infinity, -Infinity, 0.1),
  }),
  { maxLength: 4 },
);

test("whatever is desired over whatever is native: one note brings it, and a second one is not needed", async () => {
  await fc.assert(
    fc.asyncProperty(fields, fields, fields, points, async (first, desired, native, odds) => {
      const before = buildNote(input({ desired: first, native }));
      const there = await foldNotes("run", marked(native, ...(before ? [before] : [])));
      const built = buildNote(input({ desired, native, points: odds, there }));
      const after = await foldNotes("run", marked(native, ...[before, built].filter((note) => note !== undefined)));
      expect(after.fields).toEqual(desired);
      expect(after.problems).toEqual([]);
      expect(buildNote(input({ desired, native, points: odds, there: after }))).toBeUndefined();
    }),
  );
});
