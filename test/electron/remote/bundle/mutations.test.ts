import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectBag, verifyBag } from "../../../../electron/remote/bundle/open.ts";
import { createBagWriter } from "../../../../electron/remote/bundle/pack.ts";
import { createSigningKey } from "../../../../electron/remote/bundle/sshsig.ts";
import { BLOCK_BYTES, endOfArchive } from "../../../../electron/remote/bundle/tar.ts";
import { blobPath } from "../../../../electron/remote/bundle/names.ts";
import { createRandom } from "../../../differential/random.ts";
import { bundleInfo, digestOf, objects, refusal } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

/** Numbers from 0 up to `below`, the same for the same seed. */
const createDice = (seed: number) => {
  const { integer } = createRandom(seed);
  return (below: number): number => integer(0, Math.floor(below) - 1);
};
type Dice = ReturnType<typeof createDice>;

/** The header and the blocks of each entry. */
const entriesOf = (archive: Buffer): readonly Buffer[] => {
  const entries: Buffer[] = [];
  for (let at = 0; at < archive.length - endOfArchive.length;) {
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    const end = at + BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    entries.push(archive.subarray(at, end));
    at = end;
  }
  return entries;
};

/** A header's checksum as it has to be, so that a changed field is not seen by that alone. */
const sealHeader = (entry: Buffer): Buffer => {
  const sum = entry
    .subarray(0, BLOCK_BYTES)
    .reduce((total, byte, at) => total + (at < 148 || at >= 156 ? byte : 32), 0);
  entry.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return entry;
};

const withEntries = (archive: Buffer, change: (entries: Buffer[]) => void): Buffer => {
  const entries = entriesOf(archive).map((entry) => Buffer.from(entry));
  change(entries);
  return Buffer.concat([...entries, endOfArchive]);
};

const flip = (archive: Buffer, dice: Dice, times: number): Buffer => {
  const changed = Buffer.from(archive);
  for (let count = 0; count < times; count += 1) {
    const at = dice(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << dice(8));
  }
  return changed;
};

const mutations: Readonly<Record<string, (archive: Buffer, dice: Dice) => Buffer>> = {
  "a bit": (archive, dice) => flip(archive, dice, 1),
  "some bits": (archive, dice) => flip(archive, dice, 2 + dice(6)),
  "a byte": (archive, dice) => {
    const changed = Buffer.from(archive);
    changed[dice(changed.length)] = dice(256);
    return changed;
  },
  "cut anywhere": (archive, dice) => archive.subarray(0, dice(archive.length)),
  "cut at a block": (archive, dice) => archive.subarray(0, BLOCK_BYTES * dice(archive.length / BLOCK_BYTES)),
  "bytes after the end": (archive, dice) => Buffer.concat([archive, Buffer.alloc(1 + dice(2000), dice(2))]),
  "bytes taken out": (archive, dice) => {
    const at = dice(archive.length);
    return Buffer.concat([archive.subarray(0, at), archive.subarray(at + 1 + dice(600))]);
  },
  "a block of zeros put in": (archive, dice) => {
    const at = BLOCK_BYTES * dice(archive.length / BLOCK_BYTES);
    return Buffer.concat([archive.subarray(0, at), Buffer.alloc(BLOCK_BYTES), archive.subarray(at)]);
  },
  "two blocks swapped": (archive, dice) => {
    const changed = Buffer.from(archive);
    const [one, two] = [
      BLOCK_BYTES * dice(archive.length / BLOCK_BYTES),
      BLOCK_BYTES * dice(archive.length / BLOCK_BYTES),
    ];
    archive.copy(changed, one, two, two + BLOCK_BYTES);
    archive.copy(changed, two, one, one + BLOCK_BYTES);
    return changed;
  },
  "two entries swapped": (archive, dice) =>
    withEntries(archive, (entries) => {
      const [one, two] = [dice(entries.length), dice(entries.length)];
      [entries[one], entries[two]] = [entries[two] ?? endOfArchive, entries[one] ?? endOfArchive];
    }),
  "an entry left out": (archive, dice) =>
    withEntries(archive, (entries) => void entries.splice(dice(entries.length), 1)),
  "an entry twice": (archive, dice) =>
    withEntries(archive, (entries) => {
      entries.splice(dice(entries.length + 1), 0, entries[dice(entries.length)] ?? endOfArchive);
    }),
  "an entry renamed": (archive, dice) =>
    withEntries(archive, (entries) => {
      const entry = entries[dice(entries.length)] ?? endOfArchive;
      const end = entry.indexOf(0);
      entry[dice(end)] = 0x61 + dice(26);
      sealHeader(entry);
    }),
  "a field of a header": (archive, dice) =>
    withEntries(archive, (entries) => {
      const entry = entries[dice(entries.length)] ?? endOfArchive;
      entry[100 + dice(400)] = 0x30 + dice(8);
      sealHeader(entry);
    }),
  "the time of all headers": (archive, dice) =>
    withEntries(archive, (entries) => {
      const digit = 0x30 + dice(8);
      for (const entry of entries) {
        entry[146] = digit;
        sealHeader(entry);
      }
    }),
  "the headers' checksums in another form": (archive, dice) =>
    withEntries(archive, (entries) => {
      const entry = entries[dice(entries.length)] ?? endOfArchive;
      entry.write(["  ", " \0", "\0\0", "0 "][dice(4)] ?? "", 154, "latin1");
      if (dice(2) === 0) entry.write(" ", 148, "latin1");
    }),
};

/** A small bundle, so that headers and tag files are hit as often as contents. */
const setupSmall = async () => {
  const folder = temporaryFolder();
  const outFile = join(folder, "small.tar");
  const writer = createBagWriter({ folder, name: "small", info: bundleInfo, outFile });
  await writer.addFile("data/objects.jsonl", Buffer.from(objects));
  for (const text of ["one", "two", ""]) await writer.addFile(blobPath(digestOf(text)), Buffer.from(text));
  await writer.finish({ key: createSigningKey(), index: { title: "small" } });
  return { outFile, staging: temporaryFolder() };
};

test(
  "of 1000 mutated bundles none is accepted, each is refused by an entry's name, and nothing is left of any",
  { timeout: 60_000 },
  async () => {
    const { outFile, staging } = await setupSmall();
    const archive = readFileSync(outFile);
    const trusted = () => "trusted" as const;
    const names = Object.keys(mutations);
    const codes = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed += 1) {
      const dice = createDice(seed);
      const name = names[seed % names.length] ?? "";
      let changed: Buffer = archive;
      for (let tries = 0; tries < 50 && changed.equals(archive); tries += 1)
        changed = mutations[name]?.(archive, dice) ?? archive;
      expect(changed.equals(archive), name).toBe(false);
      writeFileSync(outFile, changed);
      // Every tenth is unpacked, which takes longer.
      const refused =
        seed % 10 === 0
          ? verifyBag({ files: [outFile] }, { trusted, staging })
          : inspectBag({ files: [outFile] }, { trusted });
      const { code } = await refusal(refused).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${name}`, { cause: error });
      });
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(readdirSync(staging)).toEqual([]);
    expect([...codes.keys()]).toEqual(
      expect.arrayContaining(["changed", "cut", "damaged", "missing", "order", "twin"]),
    );
    writeFileSync(outFile, archive);
    expect((await inspectBag({ files: [outFile] }, { trusted })).name).toBe("small");
  },
);
