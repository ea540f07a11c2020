/**
 * The way back: a small signed bundle that says what has arrived and is as it was sent. Taken in at home it settles the
 * receiver's row, so that the next delta leaves these objects out.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { DomainError } from "../../../shared/errors.ts";
import type { Base, LocalDoc } from "../../../shared/sync/doc.ts";
import { BundleError } from "../../remote/bundle/errors.ts";
import type { VerifiedBag } from "../../remote/bundle/open.ts";
import { createBagWriter, objectsPath } from "../../remote/bundle/pack.ts";
import type { SigningKey } from "../../remote/bundle/sshsig.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { Local, LocalRef } from "../local.ts";
import {
  createPointsMark,
  digestOf,
  fingerprintOf,
  hasLine,
  headingLine,
  readLine,
  revOf,
  type HasLine,
} from "./lines.ts";
import { readLines } from "./line-reader.ts";
import { callName, peerThatSent } from "./peers.ts";
import { createTurn } from "./turn.ts";

export const RECEIPT = "receipt";

export interface ReceiptDeps {
  readonly local: Local;
  readonly state: SyncStore;
  readonly now: () => number;
}

const PAGE = 500;

const pointsMarkOf = (local: Local, ref: LocalRef): string => {
  const mark = createPointsMark();
  for (const page of local.points(ref)) mark.add(page);
  return mark.end();
};

/** Everything that both sides are known to have alike. */
function* settledWith({ local, state }: ReceiptDeps, peer: RemoteRow): Generator<HasLine> {
  for (let after = ""; ;) {
    const rows = state.objects.byState(peer.id, "done", after, PAGE);
    for (const { kind, uid, remote_id } of rows) {
      const doc = local.read({ kind, uid });
      if (!doc || doc.trashed || remote_id === null) continue;
      const points_mark = pointsMarkOf(local, doc);
      yield { kind, uid, yours: remote_id, rev: doc.rev, digest: digestOf(doc), points_mark };
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = `${["experiment", "run", "registered_model", "model_version"].indexOf(last.kind)}/${last.uid}`;
  }
}

export interface ReceiptRequest {
  /** Whose bundles it answers: a row of kind `bundle`. */
  readonly peer: RemoteRow;
  /** What this machine was called in the bundle that it answers. */
  readonly calledHere?: string | undefined;
  readonly out: string; // an existing folder
  readonly id: string;
  readonly key: SigningKey;
  readonly signal?: AbortSignal | undefined;
}

export interface WrittenReceipt {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly digest: string;
  readonly fingerprint: string;
  readonly objects: number;
}

/** Writes it as one archive. @throws BundleError */
export const writeReceipt = async (deps: ReceiptDeps, request: ReceiptRequest): Promise<WrittenReceipt> => {
  const { peer, out, id, key, signal, calledHere } = request;
  const { workstation } = deps.local;
  const created = new Date(deps.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const name = `outpost-receipt-${created.slice(0, 10).replaceAll("-", "")}-${workstation.slice(0, 8)}-${id.slice(0, 8)}`;
  const folder = await mkdtemp(join(out, ".outpost-bundle-"));
  const path = join(out, `${name}.tar`);
  let objects = 0;
  function* lines(): Generator<Buffer> {
    yield Buffer.from(`${headingLine({ id, workstation, peer: calledHere })}\n`);
    for (const has of settledWith(deps, peer)) {
      objects += 1;
      yield Buffer.from(`${hasLine(has)}\n`);
    }
  }
  try {
    const from = callName(workstation);
    const info = { id, created, class: "unclassified", from, to: peer.name, kind: RECEIPT };
    const writer = createBagWriter({ folder, name, outFile: path, info, ...(signal && { signal }) });
    await writer.addFile(objectsPath, Readable.from(lines()));
    const index = {
      title: `What ${from} has of ${peer.name}`,
      notes: [`${objects} objects arrived as they were sent.`],
    };
    const bag = await writer.finish({ key, index, identity: from });
    return { id, name, path, digest: bag.digest, fingerprint: bag.fingerprint, objects };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export interface ReceiptReport {
  readonly peer: string;
  /** Now known to be the same on both sides. */
  readonly settled: number;
  /** Known so before. */
  readonly known: number;
  /** Changed here since they were sent: the next delta has them again. */
  readonly moved: number;
  /** Not here. */
  readonly unknown: number;
}

const baseOf = (doc: LocalDoc, points_mark: string): Base => ({
  fields: doc.fields,
  files: Object.fromEntries(doc.files.map(({ path, sha256 }) => [path, sha256])),
  points: doc.points,
  points_mark,
});

type Verdict = keyof Omit<ReceiptReport, "peer">;

/** A line and what it speaks of here, compared before the write: hashing points takes its time. */
interface Compared {
  readonly has: HasLine;
  readonly doc: LocalDoc | undefined;
  readonly same: boolean;
}

const compare = ({ local }: ReceiptDeps, has: HasLine): Compared => {
  const doc = local.read({ kind: has.kind, uid: has.yours });
  const same = doc !== undefined && digestOf(doc) === has.digest && pointsMarkOf(local, doc) === has.points_mark;
  return { has, doc, same };
};

/** What one line means; inside a write. */
const take = ({ local, state }: ReceiptDeps, row: RemoteRow, { has, doc, same }: Compared): Verdict => {
  if (!doc || doc.trashed) return "unknown";
  const ref = { kind: doc.kind, uid: doc.uid };
  const known = state.objects.find(row.id, ref);
  if (known?.base && revOf(known.fingerprint) >= has.rev && known.settled_rev >= doc.rev) return "known";
  const other = state.objects.byRemoteId(row.id, has.kind, has.uid);
  if (other && other.uid !== doc.uid) return "unknown";
  if (!same || local.read(ref)?.rev !== doc.rev) {
    if (!known?.remote_id) state.objects.link(row.id, ref, has.uid);
    return "moved";
  }
  const fingerprint = fingerprintOf(has.rev, has.digest);
  const settled = { base: baseOf(doc, has.points_mark), rev: doc.rev, fingerprint, note: 0, remote_id: has.uid };
  state.objects.settle(row.id, ref, settled);
  return "settled";
};

/** Takes a receipt in. @throws BundleError, DomainError for a bundle that is none */
export const takeReceipt = async (
  deps: ReceiptDeps,
  bag: Pick<VerifiedBag, "objectsFile" | "info" | "name">,
  signal?: AbortSignal,
): Promise<ReceiptReport> => {
  if (bag.info.kind !== RECEIPT) throw new DomainError("invalid", `'${bag.name}' is no receipt`);
  const counts: Record<Verdict, number> = { settled: 0, known: 0, moved: 0, unknown: 0 };
  let row: RemoteRow | undefined;
  let [page, number]: [Compared[], number] = [[], 0];
  const turn = createTurn(signal);
  const flush = async (to: RemoteRow): Promise<void> => {
    const some = page;
    page = [];
    if (some.length > 0)
      await deps.local.write(() => {
        for (const one of some) counts[take(deps, to, one)] += 1;
      });
  };
  for await (const { text } of readLines(bag.objectsFile)) {
    await turn();
    number += 1;
    const line = readLine(text, number);
    if (line.is === "heading") row = await peerThatSent(deps, line.heading, line.heading.peer);
    else if (line.is === "has" && row) page.push(compare(deps, line.has));
    else
      throw new BundleError(
        "format",
        objectsPath,
        `${objectsPath}: line ${number} does not belong to a receipt: refused.`,
      );
    if (page.length >= PAGE) await flush(row);
  }
  if (!row) throw new BundleError("format", objectsPath, `${objectsPath} is empty: refused.`);
  await flush(row);
  return { peer: row.name, ...counts };
};
