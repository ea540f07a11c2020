import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLine } from "../../../../electron/sync/bundle/lines.ts";
import { openSource } from "../../../../electron/sync/bundle/source.ts";
import { trouble } from "../../remote/contract-tools.ts";
import { markerOf, readingContract, things } from "../../remote/reading.contract.ts";
import { ALL, POINTS, RUN, uidOf } from "../local-samples.ts";
import { filesOf, setupCarrier } from "../../../helpers/bundle-carry.ts";
import { refusal } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const setup = async () => {
  const side = setupCarrier();
  await side.create(ALL);
  await side.addPoints(RUN, POINTS);
  await side.addFile(RUN, "a/b.txt", "0123456789");
  return { side, ...(await side.open(filesOf(await side.write()))) };
};
const run = { kind: "run", id: RUN.uid } as const;

readingContract("a bundle", async () => {
  const side = setupCarrier();
  for (const one of things) {
    const { kind, uid, above, name, points, files } = one;
    const named = { [kind === "model_version" ? "semver" : "name"]: name };
    const fields = { ...named, ...(kind === "run" && { "tag/mlflow.runName": name }), ...one.fields };
    await side.create([{ kind, uid, origin: markerOf(one), parent: above?.uid ?? null, fields }]);
    if (points.length > 0) await side.addPoints({ kind, uid }, points);
    for (const [path, text] of Object.entries(files)) await side.addFile({ kind, uid }, path, text);
  }
  return (await side.open(filesOf(await side.write()))).source;
});

test("what it does not have is gone, what it cannot do is forbidden, what is cancelled ends as that", async () => {
  const { source } = await setup();
  const nothing = { kind: "run", id: uidOf("9") } as const;
  expect(await source.read(nothing)).toBeUndefined();
  expect(await trouble(source.files(nothing))).toBe("gone");
  expect(await trouble(source.getFile(run, "no.txt", { from: 0, etag: undefined }))).toBe("gone");
  expect(await trouble(source.list({ of: "runs", experiment: uidOf("9") }, undefined))).toBe("gone");
  expect(await trouble(source.write(run, { "tag/a": "1" }))).toBe("forbidden");
  expect(await trouble(source.remove(run))).toBe("forbidden");
  const aborted = AbortSignal.abort();
  const calls: readonly (() => Promise<unknown>)[] = [
    () => source.list({ of: "registry" }, undefined, aborted),
    () => source.read(run, aborted),
    () => source.files(run, aborted),
    () => source.getFile(run, "a/b.txt", { from: 0, etag: undefined }, aborted),
  ];
  for (const call of calls) expect(await trouble(Promise.resolve().then(call))).toBe("cancelled");
});

test.each<[string, (lines: string[]) => void]>([
  ["a line that is no JSON", (lines) => lines.splice(1, 1, "{")],
  ["no heading", (lines) => lines.splice(0, 1)],
  ["a heading of another layout", (lines) => lines.splice(0, 1, lines[0]?.replace('"v":1', '"v":2') ?? "")],
  ["an object twice", (lines) => lines.splice(1, 0, lines[1] ?? "")],
  [
    "an id that is none",
    (lines) => lines.splice(1, 1, lines[1]?.replace(/"uid":"[0-9a-f]{32}"/, '"uid":"../../etc"') ?? ""),
  ],
  [
    "points missing",
    (lines) =>
      lines.splice(
        lines.findIndex((line) => line.includes('"t":"points"')),
        1,
      ),
  ],
  ["points of nothing", (lines) => lines.splice(1, 0, lines.find((line) => line.includes('"t":"points"')) ?? "")],
  [
    "a file of another size",
    (lines) => lines.splice(0, lines.length, ...lines.map((line) => line.replace('"a/b.txt",10,', '"a/b.txt",11,'))),
  ],
  [
    "a number as a field",
    (lines) => lines.splice(0, lines.length, ...lines.map((line) => line.replace('"status":"FINISHED"', '"status":1'))),
  ],
  ["a kind that is not known", (lines) => lines.push('{"t":"script"}')],
])("%s is refused by name", async (_name, change) => {
  const { bag } = await setup();
  const lines = readFileSync(bag.objectsFile, "utf8").trimEnd().split("\n");
  change(lines);
  const objectsFile = join(temporaryFolder(), "objects.jsonl");
  writeFileSync(objectsFile, `${lines.join("\n")}\n`);
  expect(await refusal(openSource({ ...bag, objectsFile }))).toMatchObject({
    code: "format",
    entry: "data/objects.jsonl",
  });
});

test("a file that ends in a line's middle is refused", async () => {
  const { bag } = await setup();
  const objectsFile = join(temporaryFolder(), "objects.jsonl");
  writeFileSync(objectsFile, readFileSync(bag.objectsFile).subarray(0, -5));
  expect(await refusal(openSource({ ...bag, objectsFile }))).toMatchObject({ code: "format" });
});

test("numbers beyond a double and values that are no numbers come back exactly", () => {
  const text = '{"p":[["k","9007199254740993","-1","NaN"],["k","0","0","-Infinity"],["k","0","0","-0"]],"t":"points"}';
  const line = readLine(text, 1);
  expect(line).toEqual({ is: "points", points: [
    { key: "k", step: 9007199254740993n, timestamp: -1, value: NaN },
    { key: "k", step: 0, timestamp: 0, value: -Infinity },
    { key: "k", step: 0, timestamp: 0, value: -0 },
  ] }); // prettier-ignore
  expect(() => readLine('{"p":[["k","1.5","0","1"]],"t":"points"}', 3)).toThrow("line 3");
});
