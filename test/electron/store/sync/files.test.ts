import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

const ref = { kind: "run" as const, uid: "a".repeat(32) };
const digest = "d".repeat(64);

test("files that are not here are listed, wanted, and found by their bytes", async () => {
  const { sync, remote, write } = setupSync();
  const { files } = sync;
  await write(() =>
    files.put(remote, ref, [
      { path: "b", size: 2, sha256: digest },
      { path: "a", size: 1, sha256: null },
    ]),
  );
  expect(files.of(remote, ref)).toEqual([
    { ...ref, path: "a", size: 1, sha256: null, wanted: false, problem: null },
    { ...ref, path: "b", size: 2, sha256: digest, wanted: false, problem: null },
  ]);
  expect(files.wanted(remote, 9)).toEqual([]);
  await write(() => {
    files.want(remote, ref, true);
    files.problem(remote, ref, "a", "broken twice");
  });
  expect(files.wanted(remote, 9)).toMatchObject([
    { path: "a", problem: "broken twice" },
    { path: "b", problem: null },
  ]);
  await write(() => files.want(remote, ref, true)); // asked for again: tried again
  expect(files.wanted(remote, 9).map(({ path }) => path)).toEqual(["a", "b"]);
  await write(() => files.put(remote, ref, [{ path: "b", size: 3, sha256: null }]));
  expect(files.landed(digest)).toEqual([]);
  await write(() => files.drop(remote, ref, "a"));
  expect(files.of(remote, ref)).toMatchObject([{ path: "b", size: 3, sha256: null, wanted: true }]);
});
