/** Bundles as the command line and the page ask for them: keys, folders, trust and audit around what the engine does. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import { BundleError } from "../../remote/bundle/errors.ts";
import { inspectBag, verifyBag, type BagSource, type VerifiedBag } from "../../remote/bundle/open.ts";
import { recipientWord } from "../../remote/bundle/recipient.ts";
import { fingerprint, parsePublicKeyLine, publicKeyLine } from "../../remote/bundle/sshsig.ts";
import type { Caller, Journal } from "../../store/journal.ts";
import type { BundleRows } from "../../store/sync/bundle-rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import { writeBundle, type ExportProgress, type Label } from "../../sync/bundle/export.ts";
import { applyImport, planImport, type Difference, type ImportReport } from "../../sync/bundle/import.ts";
import { createBundleKeys, type TrustedKey } from "../../sync/bundle/keys.ts";
import { callName, peerToSendTo } from "../../sync/bundle/peers.ts";
import {
  RECEIPT,
  takeReceipt,
  writeReceipt,
  type ReceiptReport,
  type WrittenReceipt,
} from "../../sync/bundle/receipt.ts";
import type { Selection } from "../../sync/bundle/select.ts";
import { openSource } from "../../sync/bundle/source.ts";
import type { AtStep } from "../../sync/commit-steps.ts";
import type { Clock, Condition, Progress } from "../../sync/context.ts";
import type { Local } from "../../sync/local.ts";
import { conditions as rules } from "../../sync/rules.ts";

export type { Difference, Label };

export interface BundlesDeps {
  readonly state: SyncStore;
  readonly local: Local;
  readonly rows: BundleRows;
  readonly clock: Clock;
  readonly write: <T>(caller: Caller, job: () => T) => Promise<T>;
  readonly journal: Pick<Journal, "record">;
  readonly dataFolder: string;
  readonly software: string;
  readonly conditions?: readonly Condition[];
  /** For tests. */
  readonly atCommit?: AtStep | undefined;
}

export interface CreateInput {
  readonly selection: Omit<Selection, "lacking">;
  readonly to?: string | undefined;
  readonly out?: string | undefined; // an absolute path
  readonly classMax?: string | undefined;
  readonly clearMax?: string | undefined;
  readonly volumeBytes?: number | undefined;
  readonly passphrase?: string | undefined;
  readonly recipient?: string | undefined;
}

export interface OpenInput {
  readonly path: string; // an absolute path: an archive, its first volume, or a folder
  readonly passphrase?: string | undefined;
  readonly allowUnsigned?: boolean | undefined;
}

export interface Inspected {
  readonly name: string;
  readonly digest: string;
  readonly kind: string;
  readonly class: string;
  readonly from: string;
  readonly to: string | null;
  readonly created: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly files: number;
  readonly bytes: number;
  readonly signer: { readonly fingerprint: string; readonly name: string; readonly trusted: boolean } | null;
}

export interface ImportInput extends OpenInput {
  /** Does it; without, the difference is shown and nothing is taken in. */
  readonly yes: boolean;
  /** A fingerprint that a person has compared: its key is known from now on. */
  readonly trust?: string | undefined;
  readonly classMax?: string | undefined;
  /** Only if just this plan still holds. */
  readonly hash?: string | undefined;
}

export type Imported =
  | { readonly state: "waiting"; readonly bundle: Inspected; readonly difference: Difference; readonly plan: string }
  | { readonly state: "done"; readonly bundle: Inspected; readonly report: ImportReport }
  | { readonly state: "receipt"; readonly bundle: Inspected; readonly receipt: ReceiptReport };

export interface OwnKeys {
  readonly fingerprint: string;
  readonly public_key: string;
  /** What others seal bundles for this machine with. */
  readonly recipient: string;
  readonly trusted: readonly Pick<TrustedKey, "fingerprint" | "name">[];
}

export interface Steering {
  readonly signal: AbortSignal;
  readonly onExport?: (progress: ExportProgress) => void;
  readonly onVerify?: (bytes: number, total: number) => void;
  readonly onImport?: (progress: Progress) => void;
  readonly turn?: () => Promise<void>;
}

const never: Steering = { signal: new AbortController().signal };
const newId = (): string => randomBytes(8).toString("hex");

const sourceAt = (path: string): BagSource => {
  if (!existsSync(path)) throw new DomainError("not_found", `There is no '${path}'`);
  return statSync(path).isDirectory() ? { folder: path } : { files: [path] };
};

const toInspected = (bag: Pick<VerifiedBag, "name" | "digest" | "info" | "signer">): Inspected => {
  const { name, digest, info, signer } = bag;
  return {
    name,
    digest,
    kind: info.kind ?? "",
    class: info.class,
    from: info.from,
    to: info.to ?? null,
    created: info.created,
    counts: info.counts,
    files: info.payloadFiles,
    bytes: info.payloadBytes,
    signer: signer
      ? { fingerprint: signer.fingerprint, name: signer.identity ?? "", trusted: signer.trust === "trusted" }
      : null,
  };
};

export type Bundles = ReturnType<typeof createBundles>;

export const createBundles = (deps: BundlesDeps) => {
  const { state, local, clock, dataFolder, write, journal } = deps;
  const folder = join(dataFolder, "bundles");
  const staging = join(folder, "staging");
  const keys = createBundleKeys(dataFolder);
  const from = callName(local.workstation);
  let swept = false;

  /** Where archives are unpacked; what a crash left there goes. */
  const stagingFolder = (): string => {
    if (!swept) rmSync(staging, { recursive: true, force: true });
    swept = true;
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    return staging;
  };
  const outFolder = (out: string | undefined): string => {
    if (out === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    else if (!existsSync(out) || !statSync(out).isDirectory())
      throw new DomainError("not_found", `There is no folder '${out}': make it, or name another one`);
    return out ?? folder;
  };
  const audit = (caller: Caller, action: string, uid: string, subject: string, after: unknown): Promise<void> =>
    write(caller, () => journal.record({ action, kind: "store", uid, subject, after }));

  const openings = ({ passphrase, allowUnsigned = false }: OpenInput, { signal, onVerify }: Steering) => ({
    trusted: (wanted: string) => (keys.isTrusted(wanted) ? ("trusted" as const) : ("unknown" as const)),
    allow: { unsigned: allowUnsigned, unknownKey: true },
    recipientKey: keys.recipient(),
    ...(passphrase !== undefined && { passphrase }),
    signal,
    onProgress: ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => onVerify?.(bytes, totalBytes),
  });

  /** Whose word counts: a key that is known, one that a person has just compared, or none, if that was said. */
  const trust = async (bag: VerifiedBag, wanted: string | undefined, caller: Caller): Promise<void> => {
    const { signer } = bag;
    if (!signer) return audit(caller, "bundle.allow-unsigned", bag.digest, bag.name, { digest: bag.digest });
    if (signer.trust === "trusted") return;
    if (wanted !== signer.fingerprint)
      throw new BundleError(
        "unknown-key",
        "signature.sshsig",
        wanted === undefined
          ? `'${bag.name}' is whole, but signed with a key that is not known here: ${signer.fingerprint}. Compare it with the sender by another way, then trust it`
          : `'${bag.name}' is signed with ${signer.fingerprint}, not with the key that you trust: nothing was taken in`,
      );
    const key = keys.trust(signer.publicKey, signer.identity ?? "");
    await audit(caller, "bundle-key.trust", key.fingerprint, key.name, { fingerprint: key.fingerprint });
  };

  const take = async (bag: VerifiedBag, input: ImportInput, steering: Steering): Promise<Imported> => {
    const bundle = toInspected(bag);
    if (bag.info.kind === RECEIPT)
      return {
        state: "receipt",
        bundle,
        receipt: await takeReceipt({ local, state, now: clock.now }, bag, steering.signal),
      };
    const source = await openSource(bag, steering.signal);
    const { atCommit } = deps;
    const parts = { local, state, clock, random: Math.random, classMax: input.classMax ?? null, atCommit };
    const steer = {
      signal: steering.signal,
      ...(steering.onImport && { onProgress: steering.onImport }),
      ...(steering.turn && { turn: steering.turn }),
    };
    if (input.yes)
      return { state: "done", bundle, report: await applyImport(parts, bag, source, { ...steer, hash: input.hash }) };
    const { difference, plan } = await planImport(parts, bag, source, steer);
    return { state: "waiting", bundle, difference, plan: plan.hash };
  };

  return {
    folder,
    create: async (input: CreateInput, caller: Caller, steering = never): Promise<Label> => {
      const { selection, to, classMax, clearMax, volumeBytes, passphrase, recipient } = input;
      if (passphrase !== undefined && recipient !== undefined)
        throw new DomainError("invalid", "A bundle is sealed with a passphrase or for a recipient, not both");
      const peer = to === undefined ? undefined : await peerToSendTo({ state, local }, to);
      const seal = passphrase !== undefined ? { passphrase } : recipient !== undefined ? { recipient } : undefined;
      const parts = {
        local,
        state,
        rows: deps.rows,
        conditions: deps.conditions ?? rules,
        now: clock.now,
        from,
        software: deps.software,
      };
      const label = await writeBundle(parts, {
        selection: { ...selection, lacking: peer?.id },
        peer,
        classMax,
        clearMax,
        out: outFolder(input.out),
        id: newId(),
        key: keys.own(),
        volumeBytes,
        seal,
        signal: steering.signal,
        onProgress: steering.onExport,
      });
      const { name, digest, objects, bytes } = label;
      await audit(caller, "bundle.create", label.id, name, {
        digest,
        class: label.class,
        to: label.to,
        objects,
        bytes,
      });
      return label;
    },
    /** Checks all of it and writes nothing; a key that is not known is told, not refused. @throws BundleError */
    verify: async (input: OpenInput, steering = never): Promise<Inspected> =>
      toInspected(await inspectBag(sourceAt(input.path), openings(input, steering))),
    take: async (input: ImportInput, caller: Caller, steering = never): Promise<Imported> => {
      const bag = await verifyBag(sourceAt(input.path), { ...openings(input, steering), staging: stagingFolder() });
      try {
        await trust(bag, input.trust, caller);
        const done = await take(bag, input, steering);
        if (done.state === "done" && done.report.pulled > 0)
          await audit(caller, "bundle.import", bag.info.id, bag.name, {
            digest: bag.digest,
            pulled: done.report.pulled,
          });
        return done;
      } finally {
        await bag.discard();
      }
    },
    receipt: async (peer: string, out: string | undefined, steering = never): Promise<WrittenReceipt> => {
      const row = state.remotes.byName(peer);
      const known = state.remotes.list().filter(({ kind }) => kind === "bundle");
      if (row?.kind !== "bundle")
        throw new DomainError(
          "not_found",
          `No workstation '${peer.slice(0, 64)}' has sent a bundle here: there is ${known.map(({ name }) => name).join(", ") || "none yet"}`,
        );
      return writeReceipt(
        { local, state, now: clock.now },
        {
          peer: row,
          calledHere: row.title ?? undefined,
          out: outFolder(out),
          id: newId(),
          key: keys.own(),
          signal: steering.signal,
        },
      );
    },
    peers: (): readonly { readonly name: string; readonly known: number }[] =>
      state.remotes
        .list()
        .filter(({ kind }) => kind === "bundle")
        .map(({ id, name }) => ({ name, known: state.objects.counts(id).done ?? 0 })),
    keys: (): OwnKeys => {
      const own = keys.own();
      return {
        fingerprint: fingerprint(own),
        public_key: publicKeyLine(own, from),
        recipient: recipientWord(keys.recipient()),
        trusted: keys.list().map((key) => ({ fingerprint: key.fingerprint, name: key.name })),
      };
    },
    trust: async (publicKey: string, name: string, caller: Caller): Promise<void> => {
      const key = keys.trust(publicKeyLine(parsePublicKeyLine(publicKey.trim())), name);
      await audit(caller, "bundle-key.trust", key.fingerprint, key.name, { fingerprint: key.fingerprint });
    },
    forget: async (wanted: string, caller: Caller): Promise<void> => {
      keys.forget(wanted);
      await audit(caller, "bundle-key.forget", wanted, wanted, null);
    },
  };
};

/** A passphrase or a key's word from a file: its first line. @throws DomainError `invalid` */
export const readSecretFile = (path: string): string => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new DomainError("invalid", `The file ${path} cannot be read`, { cause });
  }
  const [line = ""] = text.split(/\r?\n/u, 1);
  if (line.trim() === "") throw new DomainError("invalid", `The file ${path} has nothing in its first line`);
  return line;
};
