/** The store's side of syncs, put together of the host's parts. */
import { randomBytes } from "node:crypto";
import { disk, watchSyncs } from "../../artifacts/disk.ts";
import { createPartials, type Partials } from "../../artifacts/partials.ts";
import type { Database } from "../../store/database.ts";
import type { Caller } from "../../store/journal.ts";
import { createApplyStore } from "../../store/sync/apply.ts";
import { createDocStore } from "../../store/sync/docs.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { Local } from "../../sync/local.ts";
import { createStoreLocal } from "../../sync/store-local.ts";
import type { StoreLocalDeps } from "../../sync/store-parts.ts";
import type { KeyStore } from "../../store/keys.ts";

const PARTIAL_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface HostLocalParts {
  readonly db: Database;
  readonly artifactsDir: string;
  readonly stores: StoreLocalDeps["stores"] & { readonly keys: KeyStore };
  readonly domains: Pick<StoreLocalDeps, "artifacts" | "registry"> & {
    readonly blobs: StoreLocalDeps["blobs"] & Parameters<typeof createPartials>[0]["blobs"];
  };
  readonly journal: StoreLocalDeps["journal"];
  readonly writer: StoreLocalDeps["writer"];
  readonly sync: SyncStore;
  readonly workstation: string; // 32 hex
  readonly now: () => number;
  /** Told of a sync that the disk failed. */
  readonly onWriteFailure?: (error: unknown) => void;
  readonly caller?: Caller;
}

/** Where downloads wait until they are whole. */
export const createHostPartials = (
  parts: Pick<HostLocalParts, "artifactsDir" | "domains" | "onWriteFailure">,
): Partials =>
  createPartials({
    root: parts.artifactsDir,
    blobs: parts.domains.blobs,
    disk: watchSyncs(disk, parts.onWriteFailure ?? (() => {})),
  });

/** This machine's side of every sync; what is left of downloads that nobody wants any more goes. */
export const createHostLocal = (parts: HostLocalParts): Local => {
  const { db, stores, domains, journal, writer, sync, workstation, now } = parts;
  const partials = createHostPartials(parts);
  partials.sweep(now() - PARTIAL_DAYS * DAY_MS, (sha256) => sync.files.landed(sha256).length > 0);
  return createStoreLocal({
    stores,
    docs: createDocStore(db, sync.origins, workstation, journal.revOf),
    apply: createApplyStore(db, stores.keys),
    sync,
    registry: domains.registry,
    artifacts: domains.artifacts,
    blobs: domains.blobs,
    partials,
    journal,
    writer,
    caller: parts.caller ?? { actor: "outpost", surface: "sync" },
    workstation,
    now,
    newRunId: () => randomBytes(16).toString("hex"),
  });
};
