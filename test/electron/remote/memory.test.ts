import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import {
  type MemoryOptions,
  createMemoryRemote,
  createMemoryWorld,
  poorMemory,
  richMemory,
} from "../../../electron/remote/memory.ts";
import { remoteContract } from "./remote.contract.ts";

const world = (options: MemoryOptions) => () => {
  const made = createMemoryWorld(options);
  return Promise.resolve({ remote: createMemoryRemote(made), other: createMemoryRemote(made) });
};

remoteContract("a memory as poor as GitLab", world(poorMemory));
remoteContract("a memory as rich as MLflow", world(richMemory));

const experiment = { kind: "experiment", name: "e", parent: null, fields: {} } as const;

test("a request lost before its effect has none, one lost after it has", async () => {
  const made = createMemoryWorld(poorMemory);
  let lost: "before" | "after" = "before";
  const remote = createMemoryRemote(made, {
    fault: ({ method, phase }) => {
      if (method === "create" && phase === lost) throw new RemoteError("unavailable", "cut", { maybeDone: true });
    },
  });
  await expect(remote.create(experiment)).rejects.toMatchObject({ maybeDone: true });
  expect(made.objects()).toEqual([]);
  lost = "after";
  await expect(remote.create(experiment)).rejects.toMatchObject({ trouble: "unavailable" });
  expect(made.objects()).toHaveLength(1);
  expect(made.counts()).toEqual({ reads: 0, writes: 1, by: { create: 1 } });
});

test("a right that is missing is refused", async () => {
  const made = createMemoryWorld(poorMemory);
  const remote = createMemoryRemote(made, { rights: ["read"] });
  await expect(remote.create(experiment)).rejects.toMatchObject({ trouble: "forbidden" });
  expect((await remote.probe()).missing.map(({ right }) => right)).toEqual(["search", "write", "upload", "delete"]);
});

test("a poor one keeps twins of files and points, and counts versions up by itself", async () => {
  const made = createMemoryWorld(poorMemory);
  const model = made.add({ kind: "registered_model", name: "m", parent: null, fields: {} });
  const versions = ["", ""].map((name) => made.add({ kind: "model_version", name, parent: model.id, fields: {} }));
  expect(versions.map(({ fields }) => fields.get("semver"))).toEqual(["1.0.0", "1.0.1"]);
  const run = made.add({ kind: "run", name: "r", parent: "e1", fields: {} });
  const point = { key: "k", value: 1, timestamp: 1, step: 1 };
  made.addPoints(run, [point, point]);
  for (const text of ["a", "b"]) made.putBytes(run, "f", Buffer.from(text));
  const remote = createMemoryRemote(made);
  expect(made.get(run)?.points).toHaveLength(2);
  expect(await remote.files(run)).toMatchObject([{ path: "f", twins: 1 }]);
});

test("a rich one keeps one of equal points, NaN too, and the last of a path's files", async () => {
  const made = createMemoryWorld(richMemory);
  const run = made.add({ kind: "run", name: "r", parent: "e1", fields: {} });
  const point = { key: "k", value: NaN, timestamp: 1, step: 1 };
  made.addPoints(run, [point, point]);
  made.addPoints(run, [point]);
  for (const text of ["a", "b"]) made.putBytes(run, "f", Buffer.from(text));
  expect(made.get(run)?.points).toEqual([point]);
  expect(await createMemoryRemote(made).files(run)).toMatchObject([{ path: "f", twins: 0 }]);
});
