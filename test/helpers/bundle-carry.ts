/** A workstation that makes and takes bundles, for tests. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createHash } from "node:crypto";
import { verifyBag } from "../../electron/remote/bundle/open.ts";
import { createSigningKey } from "../../electron/remote/bundle/sshsig.ts";
import { createBundleRows } from "../../electron/store/sync/bundle-rows.ts";
import { writeBundle, type WriteRequest } from "../../electron/sync/bundle/export.ts";
import { applyImport, planImport, type ImportDeps } from "../../electron/sync/bundle/import.ts";
import { callName, peerToSendTo } from "../../electron/sync/bundle/peers.ts";
import { takeReceipt, writeReceipt } from "../../electron/sync/bundle/receipt.ts";
import { openSource } from "../../electron/sync/bundle/source.ts";
import type { LocalRef, NewLocal } from "../../electron/sync/local.ts";
import { conditions } from "../../electron/sync/rules.ts";
import { canonical, type Point } from "../../shared/sync/doc.ts";
import { setupSyncFolder } from "./sync-folder.ts";
import { temporaryFolder } from "./temporary-folder.ts";

let bundles = 0;

export const setupCarrier = () => {
  const side = setupSyncFolder();
  const { local, sync: state, db } = side;
  const key = createSigningKey();
  const rows = createBundleRows(db);
  const out = temporaryFolder();
  const staging = temporaryFolder();
  const clock = { now: () => 1_700_000_000_000, monotonic: () => 0, sleep: () => Promise.resolve() };
  const signal = new AbortController().signal;
  const exporting = { local, state, rows, conditions, now: clock.now, from: callName(local.workstation) };
  const importing: ImportDeps = { local, state, clock, random: Math.random };
  const nextId = (): string => (bundles += 1).toString(16).padStart(8, "0");

  const write = async (request: Partial<WriteRequest> & { readonly to?: string } = {}) => {
    const peer = request.to === undefined ? request.peer : await peerToSendTo({ state, local }, request.to);
    const folder = join(out, nextId());
    mkdirSync(folder);
    const selection = request.selection ?? (peer ? { lacking: peer.id } : { all: true });
    return writeBundle(exporting, { id: nextId(), out: folder, key, ...request, peer, selection });
  };
  const open = async (files: readonly string[]) => {
    const bag = await verifyBag({ files: [...files] }, { trusted: () => "trusted", staging });
    return { bag, source: await openSource(bag) };
  };
  const plan = async (files: readonly string[], deps: Partial<ImportDeps> = {}) => {
    const { bag, source } = await open(files);
    return planImport({ ...importing, ...deps }, bag, source, { signal });
  };
  const take = async (files: readonly string[], hash?: string) => {
    const { bag, source } = await open(files);
    return applyImport(importing, bag, source, { signal, hash });
  };
  const receipt = (peer: string) => {
    const row = state.remotes.byName(peer);
    if (!row) throw new Error(`no peer ${peer}`);
    return writeReceipt({ local, state, now: clock.now }, { peer: row, out, id: nextId(), key });
  };
  const takeReceiptFrom = async (path: string) => {
    const bag = await verifyBag({ files: [path] }, { trusted: () => "trusted", staging });
    return takeReceipt({ local, state, now: clock.now }, bag);
  };

  const create = (inputs: readonly NewLocal[]) =>
    local.write((writes) => {
      for (const input of inputs) writes.create(input);
    });
  const addPoints = (ref: LocalRef, points: readonly Point[]) => local.write((writes) => writes.addPoints(ref, points));
  const addFile = async (ref: LocalRef, path: string, text: string) => {
    const file = { sha256: createHash("sha256").update(text).digest("hex"), size: Buffer.byteLength(text) };
    const partial = local.partial(file.sha256);
    await partial.append(0, Readable.from([Buffer.from(text)]));
    await partial.finish(file);
    await local.write((writes) => writes.bindFiles(ref, [{ path, ...file, here: true }]));
    return file;
  };
  /** Everything that an object is, as one text. */
  const canonicalOf = (ref: LocalRef): string => {
    const doc = local.read(ref);
    if (!doc) return "nothing";
    const { rev: _here, ...rest } = doc;
    const points = [...local.points(ref)].flat().map((point) => ({ ...point, value: String(point.value) }));
    return canonical({ ...rest, points_list: points });
  };
  const changes = (): number => db.prepare<[], number>("SELECT total_changes()").pluck().get() ?? 0;

  return { ...side, state, key, exporting, importing, write, open, plan, take, receipt, takeReceipt: takeReceiptFrom, create, addPoints, addFile, canonicalOf, changes, signal }; // prettier-ignore
};
export type Carrier = ReturnType<typeof setupCarrier>;

export const filesOf = ({ files }: { readonly files: readonly { readonly path: string }[] }): readonly string[] =>
  files.map(({ path }) => path);
