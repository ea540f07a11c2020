/** What every far side does that is read, also one that cannot be written to, such as a bundle. */
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { MARKER, type Ref, type Remote, type RemoteObject, type Search } from "../../../electron/remote/remote.ts";
import { originOf, type Fields, type Point, type SyncKind } from "../../../shared/sync/doc.ts";
import { all, core, distinct, fileOf, pointsOf, refOf, trouble } from "./contract-tools.ts";

const WORKSTATION = "b".repeat(32);

/** What there is to read. Its `uid` is in its marker. */
export interface Thing {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly above: Thing | undefined;
  readonly name: string;
  readonly fields: Fields;
  readonly points: readonly Point[];
  readonly files: Readonly<Record<string, string>>;
}

export const markerOf = ({ kind, uid }: Thing): string => originOf(WORKSTATION, kind, uid);

const thing = (kind: SyncKind, digit: string, name: string, more: Partial<Thing> = {}): Thing => ({
  kind,
  uid: digit.repeat(32),
  above: undefined,
  name,
  fields: {},
  points: [],
  files: {},
  ...more,
});

const EXPERIMENT = thing("experiment", "1", "예측", { fields: { "tag/team": "a b" } });
const RUN = thing("run", "2", "first run", {
  above: EXPERIMENT,
  fields: { start_time: "1700000000000", "param/lr": "0.1", "tag/k": "v" },
  points: [1, 2, 3].map((step) => ({ key: "loss", value: 1 / step, timestamp: 1_700_000_000_000 + step, step })),
  files: { "plain.txt": "0123456789", "dir/empty": "" },
});
const LATER = thing("run", "3", "later run", { above: EXPERIMENT, fields: { start_time: "1700000001000" } });
const EMPTY = thing("experiment", "4", "no runs");
const MODEL = thing("registered_model", "5", "forest", { fields: { description: "of trees" } });
const VERSION = thing("model_version", "6", "1.2.0", { above: MODEL, files: { "model.bin": "bytes" } });
const NEXT = thing("model_version", "7", "1.10.0", { above: MODEL });

/** In an order in which each comes after what it belongs to. */
export const things: readonly Thing[] = [EXPERIMENT, RUN, LATER, EMPTY, MODEL, VERSION, NEXT];

const searchFor = (one: Thing, parent: string | null, marker = markerOf(one)): Search => ({
  kind: one.kind,
  name: one.name,
  parent,
  marker,
  startTime: one.fields["start_time"],
  until: undefined,
});

/** `fill` makes a world that holds all `things`, each under its marker, and a way to it. */
export const readingContract = (name: string, fill: () => Promise<Remote>): void => {
  const setup = async (): Promise<{ remote: Remote; idOf: (one: Thing) => string; ref: (one: Thing) => Ref }> => {
    const remote = await fill();
    onTestFinished(() => remote.close());
    const ids = new Map<string, string>();
    const keep = (objects: readonly RemoteObject[]): void => {
      for (const { id, fields } of objects) ids.set(fields[`tag/${MARKER}`] ?? "", id);
    };
    keep(await all(remote, { of: "experiments" }));
    keep(await all(remote, { of: "registry" }));
    keep(await all(remote, { of: "runs", experiment: ids.get(markerOf(EXPERIMENT)) ?? "" }));
    const idOf = (one: Thing): string => ids.get(markerOf(one)) ?? "";
    return { remote, idOf, ref: (one) => ({ kind: one.kind, id: idOf(one) }) };
  };
  const ours = (objects: readonly RemoteObject[]): string[] =>
    objects.flatMap(({ fields, name: one }) => (things.some((each) => fields[`tag/${MARKER}`] === markerOf(each)) ? [one] : [])); // prettier-ignore

  describe(`${name}, read`, () => {
    test("a probe names it, and says that it may be read", async () => {
      const { remote } = await setup();
      const [one, two] = [await remote.probe(), await remote.probe()];
      expect(one.rights).toEqual(expect.arrayContaining(["read", "search"]));
      expect(one.identity).not.toBe("");
      expect(two.identity).toBe(one.identity);
    });

    test("listings come newest first, a model before its versions", async () => {
      const { remote, idOf } = await setup();
      expect(ours(await all(remote, { of: "experiments" }))).toEqual([EMPTY.name, EXPERIMENT.name]);
      expect(ours(await all(remote, { of: "runs", experiment: idOf(EXPERIMENT) }))).toEqual([LATER.name, RUN.name]);
      expect(ours(await all(remote, { of: "runs", experiment: idOf(EMPTY) }))).toEqual([]);
      expect(ours(await all(remote, { of: "registry" }))).toEqual([MODEL.name, NEXT.name, VERSION.name]);
    });

    test.each(things.map((one) => [one.kind, one.name, one] as const))(
      "the %s '%s' is listed, found, looked for and read as the same",
      async (kind, _, one) => {
        const { remote, idOf, ref } = await setup();
        const parent = one.above ? idOf(one.above) : null;
        const read = await remote.read(ref(one));
        expect(read).toMatchObject({ kind, id: idOf(one), name: one.name, parent });
        expect(read?.fields).toMatchObject({ ...one.fields, [`tag/${MARKER}`]: markerOf(one) });
        const stream = kind === "run" ? { of: "runs", experiment: parent ?? "" } as const : { of: kind === "experiment" ? "experiments" : "registry" } as const; // prettier-ignore
        expect(core((await all(remote, stream)).find(({ id }) => id === read?.id))).toEqual(core(read));
        expect((await remote.look(searchFor(one, parent))).map(({ id }) => id)).toContain(read?.id);
        if (kind !== "run") {
          expect(core(await remote.find(kind, one.name, parent))).toEqual(core(read));
          const others = searchFor(one, parent, originOf(WORKSTATION, kind, "9".repeat(32)));
          expect(await remote.look(others)).toEqual([]);
        }
      },
    );

    test("points come as they are, and only where there are some there is a mark of them", async () => {
      const { remote, ref } = await setup();
      expect(distinct(await pointsOf(remote, ref(RUN)))).toEqual(distinct(RUN.points));
      expect((await remote.read(ref(RUN)))?.pointsMark).not.toBe("");
      expect(await pointsOf(remote, ref(LATER))).toEqual([]);
      expect((await remote.read(ref(LATER)))?.pointsMark).toBe("");
    });

    test.each([RUN, VERSION, LATER])("files of a $kind are listed with their sizes and come from any offset", async (one) => {
      const { remote, ref } = await setup();
      const listed = await remote.files(ref(one));
      expect(listed.map(({ path }) => path).toSorted()).toEqual(Object.keys(one.files).toSorted());
      for (const { path, size, sha256, twins } of listed) {
        const source = fileOf(path, one.files[path] ?? "");
        expect([size, twins]).toEqual([source.size, 0]);
        if (sha256 !== undefined) expect(sha256).toBe(source.sha256);
        for (const from of [0, Math.min(3, size)]) {
          const download = await remote.getFile(ref(one), path, { from, etag: undefined });
          expect([0, from]).toContain(download.from);
          expect((await buffer(download.body)).toString()).toBe((one.files[path] ?? "").slice(download.from));
        }
      }
    }); // prettier-ignore

    test("what is not there is undefined, or gone", async () => {
      const { remote, ref } = await setup();
      expect(await remote.find("experiment", "nowhere", null)).toBeUndefined();
      expect(await remote.find("registered_model", "nowhere", null)).toBeUndefined();
      expect(await trouble(remote.getFile(ref(RUN), "no.txt", { from: 0, etag: undefined }))).toBe("gone");
    });

    test("what is cancelled ends as cancelled", async () => {
      const { remote, ref } = await setup();
      const signal = AbortSignal.abort();
      const calls: readonly (() => Promise<unknown>)[] = [
        () => remote.probe(signal),
        () => remote.list({ of: "registry" }, undefined, signal),
        () => remote.find("registered_model", MODEL.name, null, signal),
        () => remote.look(searchFor(MODEL, null), signal),
        () => remote.read(ref(RUN), signal),
        () => remote.files(ref(RUN), signal),
        () => remote.getFile(ref(RUN), "plain.txt", { from: 0, etag: undefined }, signal),
      ];
      const ends = await Promise.all(calls.map((call) => trouble(Promise.resolve().then(call))));
      expect(new Set(ends)).toEqual(new Set(["cancelled"]));
    });
  });
};

/** Brings all `things` there by a far side's own calls. */
export const fillRemote = async (remote: Remote): Promise<void> => {
  const ids = new Map<Thing, string>();
  for (const one of things) {
    const { kind, name, above, points, files } = one;
    const fields = { ...one.fields, [`tag/${MARKER}`]: markerOf(one) };
    const made = await remote.create({ kind, name, parent: (above && ids.get(above)) ?? null, fields });
    ids.set(one, made.id);
    const rest = Object.fromEntries(Object.entries(fields).filter(([field, value]) => made.fields[field] !== value));
    if (Object.keys(rest).length > 0) await remote.write(refOf(made), rest);
    if (points.length > 0) await remote.logPoints(refOf(made), points);
    for (const [path, text] of Object.entries(files)) await remote.putFile(refOf(made), fileOf(path, text));
  }
};
