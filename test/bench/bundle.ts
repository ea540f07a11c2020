/**
 * A bundle of 10 GiB, written straight into its archive, then unpacked and verified: seconds and memory. The files are sparse, so
 * that the disk is asked for the archive and for what is unpacked, and not for the source too. The folder needs twice the size.
 * Usage: node build/run.js test/bench/bundle.ts [--gib 10] [--folder PATH] [--sealed]
 */
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { verifyBag } from "../../electron/remote/bundle/open.ts";
import { createBagWriter } from "../../electron/remote/bundle/pack.ts";
import { blobPath } from "../../electron/remote/bundle/names.ts";
import { createRecipientKey, recipientWord } from "../../electron/remote/bundle/recipient.ts";
import { createSigningKey } from "../../electron/remote/bundle/sshsig.ts";
import { growthDuring } from "./memory.ts";

const { values: options } = parseArgs({
  options: {
    gib: { type: "string", default: "10" },
    folder: { type: "string", default: tmpdir() },
    sealed: { type: "boolean", default: false },
  },
});
const GIB = 2 ** 30;
const MOST_GROWTH_MIB = 250;
const gib = Number(options.gib);
const folder = mkdtempSync(join(options.folder, "outpost-bench-bundle-"));
const recipientKey = createRecipientKey();

/** A sparse file of nearly a GiB; each has another length, and so another digest, known as the store would know it. */
const makeSource = async (at: number) => {
  const path = join(folder, `source-${at}`);
  writeFileSync(path, "");
  truncateSync(path, GIB - at);
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(piece);
  return { path, known: { sha256: hash.digest("hex"), size: GIB - at } };
};
type BenchFile = Awaited<ReturnType<typeof makeSource>>;

const outFile = join(folder, "bench.tar");

const exportAll = async (sources: readonly BenchFile[]): Promise<void> => {
  const writer = createBagWriter({
    folder,
    name: "bench",
    info: { id: "bench", created: "2026-11-21T09:30:00Z", class: "public", from: "bench" },
    outFile,
    ...(options.sealed && { seal: { recipient: recipientWord(recipientKey) } }),
  });
  await writer.addFile("data/objects.jsonl", Buffer.from("{}\n"));
  for (const { path, known } of sources) {
    await writer.addFile(blobPath(known.sha256), createReadStream(path, { highWaterMark: 2 ** 20 }), known);
  }
  await writer.finish({ key: createSigningKey(), index: { title: "Bench" } });
};

const importAll = async (): Promise<void> => {
  const bag = await verifyBag({ files: [outFile] }, { trusted: () => "trusted", staging: folder, recipientKey });
  await bag.discard();
};

/** Prints one line, and whether it is within the goals, which are for 10 GiB. */
const measure = async (name: string, goalSeconds: number, work: () => Promise<void>): Promise<void> => {
  const start = performance.now();
  const growth = await growthDuring(process.pid, work);
  const seconds = (performance.now() - start) / 1000;
  const goal = (goalSeconds * gib) / 10;
  const met = seconds <= goal && !(growth > MOST_GROWTH_MIB);
  console.log(
    `${name}: ${seconds.toFixed(1)} s (≤ ${goal.toFixed(0)}), memory +${growth.toFixed(0)} MiB (≤ ${MOST_GROWTH_MIB}): ${met ? "met" : "MISSED"}`,
  );
};

try {
  const sources: BenchFile[] = [];
  for (let at = 0; at < gib; at += 1) sources.push(await makeSource(at));
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(
    `a bundle of ${gib} GiB${options.sealed ? ", sealed" : ""}; load average ${load.join(" ")}, Node ${process.version}`,
  );
  await measure("export", 120, () => exportAll(sources));
  await measure("import and verify", 150, importAll);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
