import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createMemoryWorld, type MemoryOptions, richMemory } from "../../../electron/remote/memory.ts";
import type { Remote } from "../../../electron/remote/remote.ts";
import { download } from "../../../electron/sync/download.ts";
import { setupWorkstation } from "../../helpers/workstation.ts";

const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 251));

const setup = async (change: Partial<MemoryOptions> = {}, copies: readonly string[] = []) => {
  const options = { ...richMemory, digests: true, ...change };
  const world = createMemoryWorld(options);
  const { id: parent } = world.add({ kind: "experiment", name: "e", parent: null, fields: { name: "e" } });
  const { id } = world.add({ kind: "run", name: "r", parent, fields: { name: "r", status: "FINISHED" } });
  for (const path of ["a/model.bin", ...copies]) world.putBytes({ kind: "run", id }, path, bytes);
  const one = setupWorkstation({ world, row: { file_policy: "all" } });
  await one.sync();
  const [run] = one.all().filter(({ kind }) => kind === "run");
  const ref = { kind: "run" as const, uid: run?.uid ?? "" };
  return { world, one, ref, remoteRef: { kind: "run" as const, id } };
};
type Setup = Awaited<ReturnType<typeof setup>>;

const isThere = ({ one, ref }: Setup): boolean =>
  one.doc(ref.uid)?.files.some(({ path }) => path === "a/model.bin") ?? false;

/** Ends the body of each download after so many bytes, as often as told. */
const cutting = (remote: Remote, after: number, times: number, sent: { bytes: number; calls: number }): Remote => ({
  ...remote,
  getFile: async (ref, path, range, signal) => {
    const answer = await remote.getFile(ref, path, range, signal);
    sent.calls += 1;
    const isCut = sent.calls <= times;
    const chunks = async function* () {
      let left = isCut ? after : Infinity;
      for await (const one of answer.body) {
        const chunk = Buffer.from(one);
        for (let at = 0; at < chunk.byteLength && left > 0; at += 10) {
          const piece = chunk.subarray(at, Math.min(at + 10, at + left));
          left -= piece.byteLength;
          sent.bytes += piece.byteLength;
          yield piece;
        }
        if (left <= 0) throw new Error("ECONNRESET");
      }
    };
    return { ...answer, body: Readable.from(chunks(), { objectMode: false }) };
  },
});

test("a wanted file comes, is checked, and is no news to the next sync", async () => {
  const all = await setup();
  const { one, ref } = all;
  expect(await download(one.context())).toEqual({ files: 1, bytes: 10_000, bySizeOnly: 0, left: 0, problems: [] });
  expect(isThere(all)).toBe(true);
  expect(one.state.files.of(one.row.id, ref)).toEqual([]);
  all.world.resetCounts();
  await one.sync();
  expect(all.world.counts().writes).toBe(0);
  expect((await one.plan()).items).toEqual([]);
});

test.each([true, false])(
  "a download that is cut five times goes on where it was, with a digest there or without (%s)",
  async (digests) => {
    const all = await setup({ digests });
    const sent = { bytes: 0, calls: 0 };
    const remote = cutting(all.one.remote, 1_500, 5, sent);
    expect(await download({ ...all.one.context(), remote })).toMatchObject({ files: 1, problems: [] });
    expect(sent.calls).toBe(6);
    expect(sent.bytes).toBeLessThanOrEqual(10_100);
    expect(isThere(all)).toBe(true);
  },
);

test("a remote that knows no ranges begins anew, and the file is whole all the same", async () => {
  const all = await setup({ ranges: false });
  const remote = cutting(all.one.remote, 1_500, 2, { bytes: 0, calls: 0 });
  expect(await download({ ...all.one.context(), remote })).toMatchObject({ files: 1, problems: [] });
  expect(isThere(all)).toBe(true);
});

test("without a digest there the size is what was compared, and that is said", async () => {
  const all = await setup({ digests: false });
  expect(await download(all.one.context())).toMatchObject({ files: 1, bySizeOnly: 1, problems: [] });
  expect(isThere(all)).toBe(true);
  expect((await all.one.sync()).items.filter(({ direction }) => direction === "push")).toEqual([]);
});

test("bytes that are not what they should be are fetched once more, then the file says so and nothing is kept", async () => {
  const all = await setup();
  let calls = 0;
  const wrong: Remote = {
    ...all.one.remote,
    getFile: async (ref, path, range, signal) => {
      const answer = await all.one.remote.getFile(ref, path, range, signal);
      answer.body.destroy();
      calls += 1;
      return { ...answer, from: 0, body: Readable.from([Buffer.alloc(10_000)], { objectMode: false }) };
    },
  };
  const result = await download({ ...all.one.context(), remote: wrong });
  expect(result).toMatchObject({ files: 0, problems: [expect.stringMatching(/a\/model.bin/)] });
  expect(calls).toBe(2);
  expect(isThere(all)).toBe(false);
  expect(all.one.state.files.of(all.one.row.id, all.ref)).toMatchObject([{ problem: expect.any(String) }]);
  expect(await download(all.one.context())).toMatchObject({ files: 1, problems: [] }); // the next sync tries again
});

test("another file under the same name there, longer or shorter, is not taken for the one that was listed", async () => {
  const all = await setup();
  all.world.putBytes(all.remoteRef, "a/model.bin", Buffer.from("short"));
  expect(await download(all.one.context())).toMatchObject({
    files: 0,
    problems: [expect.stringMatching(/5 bytes there/)],
  });
});

test("bytes that are here already are not fetched", async () => {
  const all = await setup();
  const known = await all.one.make("experiment", { name: "k" });
  const run = await all.one.make("run", { name: "k" }, known);
  await all.one.addFile(run, "copy.bin", bytes.toString("latin1"));
  all.one.blobs.set([...all.one.state.files.of(all.one.row.id, all.ref)][0]?.sha256 ?? "", bytes);
  all.world.resetCounts();
  expect(await download(all.one.context())).toMatchObject({ files: 1, bytes: 0 });
  expect(all.world.counts().by["getFile"]).toBeUndefined();
});

test("cancelling leaves what has come, and the next time goes on there", async () => {
  const all = await setup();
  const sent = { bytes: 0, calls: 0 };
  const cut = cutting(all.one.remote, 4_000, 1, sent);
  const ctx = all.one.context();
  const sleep = (): Promise<void> => {
    all.one.abort.abort();
    return Promise.resolve();
  };
  await expect(download({ ...ctx, remote: cut, clock: { ...ctx.clock, sleep } })).rejects.toThrow();
  expect(sent.bytes).toBe(4_000);
  const next = {
    ...all.one.context(),
    remote: cutting(all.one.remote, 0, 0, sent),
    signal: new AbortController().signal,
  };
  expect(await download(next)).toMatchObject({ files: 1 });
  expect(sent.bytes).toBe(10_000);
});

test("two names of the same bytes are fetched once, side by side, and both become files", async () => {
  const all = await setup({}, ["b/copy.bin"]);
  const waiting = all.one.state.files.of(all.one.row.id, all.ref).map(({ path }) => path);
  expect(waiting).toEqual(["a/model.bin", "b/copy.bin"]);
  const sent = { bytes: 0, calls: 0 };
  const remote = cutting(all.one.remote, 1_500, 2, sent);
  expect(await download({ ...all.one.context(), remote })).toMatchObject({ files: 2, problems: [], left: 0 });
  expect(sent.bytes).toBeLessThanOrEqual(10_100);
  expect(
    all.one
      .doc(all.ref.uid)
      ?.files.map(({ path }) => path)
      .sort(),
  ).toEqual(waiting);
  expect(all.one.state.files.of(all.one.row.id, all.ref)).toEqual([]);
});
