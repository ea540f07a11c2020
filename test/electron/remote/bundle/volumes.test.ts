import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectBag, verifyBag } from "../../../../electron/remote/bundle/open.ts";
import { tarBag } from "../../../../electron/remote/bundle/pack.ts";
import { createRecipientKey, recipientWord } from "../../../../electron/remote/bundle/recipient.ts";
import { lacking, refusal, runTool, setupArchive, setupBundle } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const volumeBytes = 65_536;

/** A bundle in two volumes with their list, written straight. */
const setupVolumes = async () => {
  const setup = await setupArchive({ volumeBytes });
  const files = setup.bag.files.map(({ path }) => path);
  const [one = "", two = "", sums = ""] = files;
  const inspect = (given: readonly string[]) => inspectBag({ files: given }, { trusted: setup.trusted });
  return { ...setup, files, one, two, sums, inspect };
};

test("an archive is cut into volumes of the size asked for, with a list of their digests", async () => {
  const { bag, one, two, sums } = await setupVolumes();
  expect(bag.files.map(({ path }) => basename(path))).toEqual([
    "carry-1.tar.001",
    "carry-1.tar.002",
    "carry-1.volumes.sha256",
  ]);
  expect(bag.files[0]?.size).toBe(volumeBytes);
  for (const { path, size } of bag.files) expect(readFileSync(path).length).toBe(size);
  expect(readFileSync(sums, "utf8")).toMatch(
    /^[0-9a-f]{64} {2}carry-1\.tar\.001\n[0-9a-f]{64} {2}carry-1\.tar\.002\n$/,
  );
  expect(
    Buffer.concat([readFileSync(one), readFileSync(two)])
      .subarray(257, 262)
      .toString(),
  ).toBe("ustar");
});

test("volumes are found in any order, with or without their list, and by any one of them", async () => {
  const { one, two, sums, inspect, staging, trusted } = await setupVolumes();
  for (const given of [[one, two, sums], [sums, two, one], [two, one], [one], [two], [sums]]) {
    expect((await inspect(given)).name).toBe("carry-1");
  }
  await (await verifyBag({ files: [one] }, { trusted, staging })).discard();
  expect(readdirSync(staging)).toEqual([]);
  rmSync(sums);
  expect((await inspect([two, one])).name).toBe("carry-1");
});

test("volumes that lie on different media are put together by their names", async () => {
  const { one, two, inspect } = await setupVolumes();
  const moved = join(temporaryFolder(), basename(two));
  renameSync(two, moved);
  expect((await inspect([moved, one])).name).toBe("carry-1");
});

describe("is named:", () => {
  test("a volume that is missing", async () => {
    const { one, two, sums, inspect } = await setupVolumes();
    expect(await refusal(inspect([one, sums]))).toMatchObject({ code: "volume", entry: "carry-1.tar.002" });
    rmSync(one);
    expect(await refusal(inspect([two]))).toMatchObject({ code: "volume", entry: "carry-1.tar.001" });
    rmSync(sums);
    expect(await refusal(inspect([two]))).toMatchObject({ code: "volume", entry: "carry-1.tar.001" });
  });

  test("a volume with a changed byte, wherever it shows", async () => {
    const { one, two, inspect, staging, trusted } = await setupVolumes();
    for (const [path, at] of [
      [one, 0],
      [one, 40_000],
      [two, 100],
      [two, -1],
    ] as const) {
      const before = readFileSync(path);
      const changed = Buffer.from(before);
      const place = at < 0 ? changed.length + at : at;
      changed[place] = (changed[place] ?? 0) ^ 1;
      writeFileSync(path, changed);
      const entry = basename(path);
      expect(await refusal(inspect([one])), `${entry} ${at}`).toMatchObject({ code: "volume", entry });
      expect(await refusal(verifyBag({ files: [one] }, { trusted, staging }))).toMatchObject({ code: "volume", entry });
      writeFileSync(path, before);
    }
    expect(readdirSync(staging)).toEqual([]);
  });

  test("volumes that were swapped", async () => {
    const { one, two, inspect } = await setupVolumes();
    renameSync(one, `${one}.x`);
    renameSync(two, one);
    renameSync(`${one}.x`, two);
    const { code, entry, message } = await refusal(inspect([one]));
    expect([code, entry]).toEqual(["volume", "carry-1.tar.001"]);
    expect(message).toContain("carry-1.tar.002");
  });

  test("a volume that was cut off, and the place where it shows without a list", async () => {
    const { one, two, sums, inspect } = await setupVolumes();
    truncateSync(two, 1000);
    expect(await refusal(inspect([one]))).toMatchObject({ code: "volume", entry: "carry-1.tar.002" });
    rmSync(sums);
    expect((await refusal(inspect([one]))).code).toBe("size");
    rmSync(two);
    expect((await refusal(inspect([one]))).code).toBe("size");
  });

  test("a volume too many, of another bundle, or twice", async () => {
    const { one, two, sums, inspect } = await setupVolumes();
    copyFileSync(two, one.replace(".001", ".003"));
    expect(await refusal(inspect([one]))).toMatchObject({ code: "volume", entry: "carry-1.tar.003" });
    rmSync(sums);
    expect((await refusal(inspect([one]))).code).toBe("trailing");
    const copy = join(temporaryFolder(), basename(two));
    copyFileSync(two, copy);
    expect(await refusal(inspect([one, two, copy]))).toMatchObject({ code: "volume", entry: "carry-1.tar.002" });
    const other = join(temporaryFolder(), "other.tar.002");
    copyFileSync(two, other);
    expect(await refusal(inspect([one, other]))).toMatchObject({ code: "volume", entry: "other.tar.002" });
  });

  test("a list that is none", async () => {
    const { one, sums, inspect } = await setupVolumes();
    writeFileSync(sums, "hello\n");
    expect(await refusal(inspect([one]))).toMatchObject({ code: "format", entry: basename(sums) });
  });
});

test("a sealed bundle is cut too, and a damaged volume of it is named", async () => {
  const { bag, folder, trusted } = await setupBundle();
  const recipientKey = createRecipientKey();
  const seal = { recipient: recipientWord(recipientKey) };
  const written = await tarBag(bag.folder ?? "", join(folder, "carry-1.tar.sealed"), { seal, volumeBytes });
  expect(written.map(({ path }) => basename(path))).toEqual([
    "carry-1.tar.sealed.001",
    "carry-1.tar.sealed.002",
    "carry-1.volumes.sha256",
  ]);
  const files = [written[0]?.path ?? ""];
  expect((await inspectBag({ files }, { trusted, recipientKey })).name).toBe("carry-1");
  truncateSync(written[1]?.path ?? "", 500);
  const refused = await refusal(inspectBag({ files }, { trusted, recipientKey }));
  expect(refused).toMatchObject({ code: "volume", entry: "carry-1.tar.sealed.002" });
});

test("volumes that are too small, or whose names are taken, are refused and nothing is left", async () => {
  const { bag } = await setupBundle();
  const folder = temporaryFolder();
  const outFile = join(folder, "carry-1.tar");
  expect((await refusal(tarBag(bag.folder ?? "", outFile, { volumeBytes: 1000 }))).code).toBe("volume");
  writeFileSync(`${outFile}.002`, "mine");
  const taken = await refusal(tarBag(bag.folder ?? "", outFile, { volumeBytes }));
  expect(taken).toMatchObject({ code: "exists", entry: `${outFile}.002` });
  expect(readdirSync(folder)).toEqual(["carry-1.tar.002"]);
  expect(readFileSync(`${outFile}.002`, "utf8")).toBe("mine");
});

const missing = lacking("sha256sum", "cat", "tar");
describe.skipIf(missing)(`a system's own tools${missing ? ` (skipped: no ${missing} here)` : ""}`, () => {
  test("check the volumes, and put them together again", async () => {
    const { sums, one, two, outFile, inspect } = await setupVolumes();
    const cwd = join(sums, "..");
    expect(runTool("sha256sum", ["-c", "--strict", basename(sums)], { cwd }).status).toBe(0);
    expect(runTool("sh", ["-c", 'cat "$1" "$2" > "$3" && tar -tf "$3"', "sh", one, two, outFile])).toMatchObject({
      status: 0,
      output: expect.stringContaining("carry-1/data/objects.jsonl"),
    });
    expect((await inspect([outFile])).name).toBe("carry-1");
  });
});
