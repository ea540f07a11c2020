/**
 * Makes a bundle: chooses, applies the rules by which things may leave, writes, signs, reads back. What is held in memory
 * is which objects and which files go in, never their content.
 */
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { DomainError } from "../../../shared/errors.ts";
import { syncKinds, type LocalDoc, type SyncKind } from "../../../shared/sync/doc.ts";
import { classifications } from "../../../shared/sync/state.ts";
import type { BagIndex } from "../../remote/bundle/index-page.ts";
import { blobPath } from "../../remote/bundle/names.ts";
import { inspectBag } from "../../remote/bundle/open.ts";
import { archiveName, createBagWriter, objectsPath } from "../../remote/bundle/pack.ts";
import type { Seal } from "../../remote/bundle/seal.ts";
import type { SigningKey } from "../../remote/bundle/sshsig.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { Condition } from "../context.ts";
import type { LocalRef } from "../local.ts";
import { ancestorsOf } from "../plan-gather.ts";
import { classOf, keptBy, nounOf } from "../rules.ts";
import { auditLine, headingLine, objectLine, pointsLine, sumLine } from "./lines.ts";
import { select, type SelectDeps, type Selection } from "./select.ts";
import { createTurn } from "./turn.ts";

export const UNCLASSIFIED = "unclassified";
const MOST_LISTED = 1_000;

export interface ExportDeps extends SelectDeps {
  readonly conditions: readonly Condition[];
  readonly now: () => number;
  /** What this machine is called in bundles. */
  readonly from: string;
  readonly software?: string;
}

export interface ExportRequest {
  readonly selection: Selection;
  /** Whom it is for: a row of kind `bundle`. Its rules count. */
  readonly peer?: RemoteRow | undefined;
  /** Nothing above leaves, nor what has no class. */
  readonly classMax?: string | undefined;
  /** Above this class a bundle has to be sealed. */
  readonly clearMax?: string | undefined;
}

export interface LeftOut {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly label: string;
  readonly reason: string;
}

export interface Review {
  readonly refs: readonly LocalRef[];
  /** The first of them; `leftOutCount` has all. */
  readonly leftOut: readonly LeftOut[];
  readonly leftOutCount: number;
  readonly class: string;
  readonly counts: Readonly<Record<SyncKind, number>>;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly points: number;
}

const rankOf = (name: string): number => {
  const at = classifications.findIndex((one) => one === name);
  return at < 0 ? (name === UNCLASSIFIED ? -1 : classifications.length) : at;
};

/** The rules for paper and media, where there is no configured peer. */
const ruleRow = ({ peer, classMax }: ExportRequest): RemoteRow => {
  const blank: RemoteRow = {
    id: 0, name: "this bundle", kind: "bundle", base_url: "", project: null, token_file: null, mode: "never", file_policy: "all",
    class_max: null, required_tags: [], ca_file: null, proxy: null, up_limit: null, down_limit: null, settle_ms: null, paused: false,
    identity: null, title: null, probe: null, accepted_at: null, checked_at: null, state: "new", problem: null, added_at: 0,
  }; // prettier-ignore
  const row = peer ?? blank;
  const wanted = classMax ?? row.class_max;
  const lower = row.class_max !== null && wanted !== null && rankOf(wanted) > rankOf(row.class_max);
  return { ...row, class_max: lower ? row.class_max : wanted };
};

/** Of a delta: files that the peer is known to have stay at home. */
const newFiles = ({ state }: ExportDeps, peer: RemoteRow | undefined, doc: LocalDoc): LocalDoc["files"] => {
  const base = peer && state.objects.find(peer.id, doc)?.base;
  return base ? doc.files.filter(({ path, sha256 }) => base.files[path] !== sha256) : doc.files;
};

/** What would go in, and what not and why. Writes nothing. @throws DomainError `not_found` */
export const review = async (deps: ExportDeps, request: ExportRequest, signal?: AbortSignal): Promise<Review> => {
  const turn = createTurn(signal);
  const row = ruleRow(request);
  const kept = new Map<string, string>();
  const refs: LocalRef[] = [];
  const leftOut: LeftOut[] = [];
  const blobs = new Map<string, number>();
  const counts = { experiment: 0, run: 0, registered_model: 0, model_version: 0 };
  let [top, points] = [UNCLASSIFIED, 0];
  for (const ref of await select(deps, request.selection, turn)) {
    await turn();
    const doc = deps.local.read(ref);
    if (!doc || doc.trashed) continue;
    const ancestors = ancestorsOf(deps, doc);
    const above = doc.parent === null ? undefined : kept.get(doc.parent);
    const parent = ancestors[0];
    const why =
      keptBy(deps.conditions, doc, ancestors, row) ??
      (above === undefined ? undefined : `Its ${nounOf(parent?.kind ?? doc.kind)} stays here: ${above}`);
    if (why !== undefined) {
      kept.set(doc.uid, why);
      if (leftOut.length < MOST_LISTED) leftOut.push({ ...ref, label: doc.label, reason: why });
      continue;
    }
    refs.push(ref);
    counts[doc.kind] += 1;
    points += doc.points;
    const own = classOf(doc, ancestors);
    if (own !== undefined && rankOf(own) > rankOf(top)) top = own;
    for (const { sha256, size } of newFiles(deps, request.peer, doc)) blobs.set(sha256, size);
  }
  const bytes = blobs.values().reduce((sum, size) => sum + size, 0);
  return { refs, leftOut, leftOutCount: kept.size, class: top, counts, blobs, bytes, points };
};

export interface WriteRequest extends ExportRequest {
  /** An existing folder. */
  readonly out: string;
  readonly id: string; // of this very bundle
  readonly key: SigningKey;
  readonly volumeBytes?: number | undefined;
  readonly seal?: Seal | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

export interface ExportProgress {
  readonly phase: "choose" | "write" | "verify";
  readonly bytes: number;
  readonly totalBytes: number | undefined;
}

/** What is on the label. */
export interface Label {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly fingerprint: string;
  readonly class: string;
  readonly created: string;
  readonly from: string;
  readonly to: string | null;
  readonly objects: number;
  readonly counts: Readonly<Record<SyncKind, number>>;
  readonly bytes: number;
  readonly sealed: boolean;
  /** Read back from the medium and found whole; false where only the recipient can open it. */
  readonly verified: boolean;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly left_out: readonly LeftOut[];
  readonly left_out_count: number;
}

const isAbove = (name: string, most: string | undefined): boolean => most !== undefined && rankOf(name) > rankOf(most);

const checkMayLeave = (request: WriteRequest, found: Review): void => {
  if (found.refs.length === 0) {
    const [first] = found.leftOut;
    throw new DomainError(
      "invalid",
      first
        ? `Nothing may leave: ${first.label}: ${first.reason}`
        : "There is nothing to carry: choose something, or the other side has all of it",
    );
  }
  if (!request.seal && isAbove(found.class, request.clearMax))
    throw new DomainError(
      "denied",
      `What is inside is classified '${found.class}': above '${request.clearMax ?? ""}' a bundle has to be sealed. Give a passphrase or a recipient's key`,
    );
};

/** The lines of the objects, made as they are read. */
function* lines(deps: ExportDeps, request: WriteRequest, { refs }: Review): Generator<Buffer> {
  const peer = request.peer?.name;
  yield Buffer.from(`${headingLine({ id: request.id, workstation: deps.local.workstation, peer })}\n`);
  for (const ref of refs) {
    request.signal?.throwIfAborted();
    const doc = deps.local.read(ref);
    if (!doc || doc.trashed)
      throw new DomainError("conflict", `A ${nounOf(ref.kind)} was deleted meanwhile: make the bundle again`);
    yield Buffer.from(`${objectLine(doc)}\n`);
    let count = 0;
    for (const page of deps.local.points(ref)) {
      count += page.length;
      yield Buffer.from(`${pointsLine(page)}\n`);
    }
    if (count > 0) yield Buffer.from(`${sumLine(count)}\n`);
  }
  const head = deps.rows.auditHead();
  yield Buffer.from(`${auditLine(head?.hash ?? "", head?.seq ?? 0)}\n`);
}

const NOUN: Readonly<Record<SyncKind, string>> = {
  experiment: "Experiments",
  run: "Runs",
  registered_model: "Models",
  model_version: "Model versions",
};
const ROWS = 1_000;

const indexOf = (deps: ExportDeps, found: Review): BagIndex => ({
  title: `What ${deps.from} carries`,
  tables: syncKinds.flatMap((kind) => {
    const some = found.refs.filter((ref) => ref.kind === kind).slice(0, ROWS);
    const docs = some.map((ref) => deps.local.read(ref)).filter((doc) => doc !== undefined);
    const rows = docs.map((doc) => [
      doc.label,
      doc.fields["status"] ?? "",
      String(doc.files.length),
      String(doc.files.reduce((sum, { size }) => sum + size, 0)),
      doc.uid,
    ]);
    if (rows.length === 0) return [];
    const note = found.counts[kind] > ROWS ? { note: `The first ${ROWS} of ${found.counts[kind]}.` } : {};
    return [{ heading: NOUN[kind], columns: ["Name", "Status", "Files", "Bytes", "Id"], rows, ...note }];
  }),
});

const checkRoom = async ({ out }: WriteRequest, bytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(out);
  if (bytes > bavail * bsize)
    throw new DomainError(
      "exhausted",
      `The bundle has ${bytes} bytes, and ${bavail * bsize} are free in '${out}': free some, or choose another folder`,
    );
};

const bundleName = (created: string, { workstation }: ExportDeps["local"], id: string): string =>
  `outpost-${created.slice(0, 10).replaceAll("-", "")}-${workstation.slice(0, 8)}-${id.slice(0, 8)}`;

/** Reads it back as the receiver will. */
const readBack = async (
  files: readonly string[],
  { seal, signal, onProgress }: WriteRequest,
  digest: string,
): Promise<boolean> => {
  if (seal && "recipient" in seal) return false; // only who it is for can open it
  const found = await inspectBag(
    { files },
    {
      trusted: () => "trusted",
      ...(seal && { passphrase: seal.passphrase }),
      signal,
      onProgress: ({ bytes, totalBytes }) => onProgress?.({ phase: "verify", bytes, totalBytes }),
    },
  );
  if (found.digest !== digest)
    throw new DomainError("corrupt", "What was read back is not what was written: use another medium");
  return true;
};

/** Writes a bundle into a folder. Nothing is left of one that failed or was cancelled. @throws DomainError, BundleError */
export const writeBundle = async (deps: ExportDeps, request: WriteRequest): Promise<Label> => {
  const { out, id, key, seal, volumeBytes, signal, onProgress, peer } = request;
  onProgress?.({ phase: "choose", bytes: 0, totalBytes: undefined });
  const found = await review(deps, request, signal);
  checkMayLeave(request, found);
  await checkRoom(request, found.bytes);
  const created = new Date(deps.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const name = bundleName(created, deps.local, id);
  const folder = await mkdtemp(join(out, ".outpost-bundle-"));
  try {
    const writer = createBagWriter({
      folder,
      name,
      outFile: join(out, archiveName(name, seal)),
      info: {
        id,
        created,
        class: found.class,
        from: deps.from,
        ...(peer && { to: peer.name }),
        kind: request.selection.lacking === undefined ? "objects" : "delta",
        ...(deps.software !== undefined && { software: deps.software }),
        counts: found.counts,
      },
      ...(volumeBytes !== undefined && { volumeBytes }),
      ...(seal && { seal }),
      ...(signal && { signal }),
      onProgress: ({ bytes }) => onProgress?.({ phase: "write", bytes, totalBytes: found.bytes }),
    });
    let bag;
    try {
      await writer.addFile(objectsPath, Readable.from(lines(deps, request, found)));
      for (const [sha256, size] of found.blobs)
        await writer.addFile(blobPath(sha256), deps.local.openFile({ sha256, size }), { sha256, size });
      bag = await writer.finish({ key, index: indexOf(deps, found), identity: deps.from });
    } catch (error) {
      await writer.abort();
      throw error;
    }
    const verified = await readBack(
      bag.files.map(({ path }) => path),
      request,
      bag.digest,
    ).catch(async (error: unknown) => {
      for (const { path } of bag.files) await rm(path, { force: true });
      throw error;
    });
    return {
      id,
      name,
      digest: bag.digest,
      fingerprint: bag.fingerprint,
      class: found.class,
      created,
      from: deps.from,
      to: peer?.name ?? null,
      objects: found.refs.length,
      counts: found.counts,
      bytes: bag.files.reduce((sum, { size }) => sum + size, 0),
      sealed: seal !== undefined,
      verified,
      files: bag.files,
      left_out: found.leftOut,
      left_out_count: found.leftOutCount,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
