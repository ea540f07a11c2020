import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { poorMemory, richMemory, type MemoryCall, type MemoryOptions } from "../../../electron/remote/memory.ts";
import { fillPush, Killed, lost, setupPush, type PushTest } from "../../helpers/push.ts";

const PART = 1000;
const text = (size: number, letter = "a"): string =>
  Array.from({ length: size }, (_, at) => (at % 7 === 0 ? letter : "b")).join("");

/** A run there, and one file of it here. */
const setupFile = async (options: MemoryOptions, size: number) => {
  const setup = setupPush({ options });
  const { experiment, run } = fillPush(setup);
  await setup.push(experiment);
  const doc = setup.put("run", 2, run.fields, { files: [setup.file("weights.bin", text(size))] });
  const push = () => setup.push(setup.read(2), {}, { partBytes: PART });
  const uploads = (path: string) => setup.world.objects("run")[0]?.files.get(path);
  return { setup, doc, push, uploads };
};
const small: MemoryOptions = { ...poorMemory, limits: { ...poorMemory.limits, fileBytes: 2 * PART } };

const putOf = ({ method, phase, args }: MemoryCall): string | undefined => {
  const file = args[1];
  const isPut = method === "putFile" && phase === "before" && typeof file === "object" && file !== null;
  return isPut && "path" in file && typeof file.path === "string" ? file.path : undefined;
};

const countPuts = (setup: PushTest, stop: (count: number, path: string) => void = () => {}) => {
  const puts: string[] = [];
  setup.faults.fault = (call) => {
    const path = putOf(call);
    if (path === undefined) return;
    puts.push(path);
    stop(puts.length, path);
  };
  return puts;
};

test("a file that is too long for one piece goes in parts that make it up", async () => {
  const { setup, push, uploads, doc } = await setupFile(small, 4500);
  const puts = countPuts(setup);
  expect((await push()).outcome).toBe("done");
  expect(puts).toEqual([1, 2, 3, 4, 5].map((n) => `weights.bin.outpost-000${n}`).concat("weights.bin.outpost-manifest.json")); // prettier-ignore
  const parts = puts.slice(0, 5).map((path) => uploads(path)?.at(-1)?.bytes ?? Buffer.alloc(0));
  expect(Buffer.concat(parts).toString()).toBe(text(4500));
  expect(uploads("weights.bin.outpost-manifest.json")?.at(-1)?.bytes.toString()).toContain(doc.files[0]?.sha256);
  expect((await push()).outcome).toBe("done");
  expect(puts).toHaveLength(6);
});

test("parts that are there are not sent again after a stop", async () => {
  const { setup, push } = await setupFile(small, 4500);
  setup.faults.at = (step) => {
    if (step === "file/weights.bin.outpost-0004/sending") throw new Killed();
  };
  await expect(push()).rejects.toThrow(Killed);
  await setup.restart();
  const puts = countPuts(setup);
  expect((await push()).outcome).toBe("done");
  expect(puts.map((path) => path.slice(-4))).toEqual(["0004", "0005", "json"]);
});

test("a file that breaks again and again in one piece goes in parts", async () => {
  const { setup, push } = await setupFile(poorMemory, 2500);
  const puts = countPuts(setup, (_, path) => {
    if (path === "weights.bin") throw lost();
  });
  await expect(push()).rejects.toThrow("the next try is in an hour");
  await setup.restart();
  countPuts(setup, (_, path) => {
    puts.push(path);
    if (path === "weights.bin") throw lost();
  });
  await expect(push()).rejects.toThrow("the next try is in an hour");
  await setup.restart();
  expect((await push()).outcome).toBe("done");
  expect(setup.world.objects("run")[0]?.files.has("weights.bin.outpost-0003")).toBe(true);
});

test.each([0, PART])("a file of %i bytes, no longer than a part, stays whole however often it breaks", async (size) => {
  const { setup, push, uploads } = await setupFile(poorMemory, size);
  for (const _ of ["first", "second"]) {
    countPuts(setup, (): never => {
      throw lost();
    });
    await expect(push()).rejects.toThrow("the next try is in an hour");
    await setup.restart();
  }
  const puts = countPuts(setup);
  expect((await push()).outcome).toBe("done");
  expect(puts).toEqual(["weights.bin"]);
  expect(uploads("weights.bin")?.at(-1)?.bytes).toHaveLength(size);
});

test("a file that was stored short is sent once more, and the older one is told", async () => {
  const { setup, push, uploads } = await setupFile(poorMemory, 500);
  const ref = { kind: "run", id: setup.world.objects("run")[0]?.id ?? "" } as const;
  const puts = countPuts(setup, (count, path) => {
    if (count > 1) return;
    const run = setup.world.objects("run")[0];
    setup.world.putBytes(run ?? ref, path, Buffer.from("short"));
    throw lost();
  });
  const { outcome } = await push();
  expect(outcome).toBe("done");
  expect(puts).toHaveLength(2);
  expect(uploads("weights.bin")?.at(-1)?.bytes.toString()).toBe(text(500));
  expect(setup.session.remarks.join()).toContain("1 older upload of that name still there");
});

test("a file that is stored wrong twice is blocked, and the others go on", async () => {
  const { setup, doc, push } = await setupFile(poorMemory, 500);
  setup.put("run", 2, doc.fields, { files: [...doc.files, setup.file("other.txt", "other")] });
  setup.faults.fault = ({ method, phase, args: [ref, file] }) => {
    if (method !== "putFile" || phase !== "after" || !JSON.stringify(file).includes('"weights.bin"')) return;
    if (typeof ref === "object" && ref !== null && "id" in ref && typeof ref.id === "string")
      setup.world.putBytes({ kind: "run", id: ref.id }, "weights.bin", Buffer.from("wrong"));
  };
  expect(await push()).toMatchObject({ outcome: "open", detail: expect.stringContaining("was sent twice") });
  const files = setup.world.objects("run")[0]?.files;
  expect(files?.get("weights.bin")).toHaveLength(4);
  expect(files?.get("other.txt")).toHaveLength(1);
});

test("a file that the remote refuses is blocked, and the others go on", async () => {
  const { setup, doc, push } = await setupFile(poorMemory, 500);
  setup.put("run", 2, doc.fields, { files: [...doc.files, setup.file("other.txt", "other")] });
  countPuts(setup, (_, path) => {
    if (path === "weights.bin") throw new RemoteError("invalid", "No such names");
  });
  expect(await push()).toMatchObject({ outcome: "open", detail: "weights.bin was refused: No such names" });
  expect(setup.world.objects("run")[0]?.files.has("other.txt")).toBe(true);
});

test("where the remote tells no digest, other bytes of the same length are sent all the same", async () => {
  const { setup, doc, push, uploads } = await setupFile(richMemory, 500);
  await push();
  setup.put("run", 2, doc.fields, { files: [setup.file("weights.bin", text(500, "z"))] });
  expect((await push()).outcome).toBe("done");
  expect(uploads("weights.bin")?.at(-1)?.bytes.toString()).toBe(text(500, "z"));
});

test("and also when the answer to them is lost before they arrive", async () => {
  const { setup, doc, push, uploads } = await setupFile(richMemory, 500);
  await push();
  setup.put("run", 2, doc.fields, { files: [setup.file("weights.bin", text(500, "z"))] });
  countPuts(setup, (count) => {
    if (count === 1) throw lost();
  });
  expect((await push()).outcome).toBe("done");
  expect(uploads("weights.bin")?.at(-1)?.bytes.toString()).toBe(text(500, "z"));
});

test("a file that is there already is not sent", async () => {
  const { setup, push } = await setupFile(poorMemory, 500);
  setup.faults.at = (step) => {
    if (step === "create/settled") throw new Killed();
  };
  await expect(push()).rejects.toThrow(Killed);
  setup.world.putBytes(setup.world.objects("run")[0] ?? { kind: "run", id: "" }, "weights.bin", Buffer.from(text(500)));
  await setup.restart();
  const puts = countPuts(setup);
  expect((await push()).outcome).toBe("done");
  expect(puts).toEqual([]);
});

test("a published version's file is never written over", async () => {
  const setup = setupPush();
  const { model, version } = fillPush(setup);
  await setup.push(model);
  await setup.push(version);
  const changed = setup.put("model_version", 4, version.fields, { files: [setup.file("weights.bin", "changed")] });
  const result = await setup.push(changed, { action: "update" });
  expect(result.detail).toContain("is published there with other bytes");
  expect(setup.world.objects("model_version")[0]?.files.get("weights.bin")).toHaveLength(1);
});

test("a file whose bytes are not here is not sent, and said", async () => {
  const { setup, doc, push } = await setupFile(poorMemory, 500);
  setup.here.blobs.delete(doc.files[0]?.sha256 ?? "");
  expect((await push()).detail).toContain("are not on this machine");
});
