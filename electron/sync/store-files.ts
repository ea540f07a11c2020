/** Files of pulled objects: where they belong here, and how bytes that have come get their names. */
import { artifactUri, below, loggedModelRoot, parseFilePath, runRoot } from "../../shared/artifact-path.ts";
import { DomainError } from "../../shared/errors.ts";
import type { ModelVersionRow } from "../store/model-versions.ts";
import type { LocalRef, PulledFile } from "./local.ts";
import type { StoreLocalDeps } from "./store-parts.ts";

const MODEL_FILE = /^logged-models\/(m-[0-9a-f]{32})\/(.+)$/su;

export type StoreFiles = ReturnType<typeof createStoreFiles>;

export const createStoreFiles = (deps: StoreLocalDeps) => {
  const { stores, docs, sync, registry, artifacts, blobs } = deps;
  const { versions } = stores;

  const versionRow = (uid: string): ModelVersionRow | undefined => {
    const facts = docs.rows.version(uid);
    return facts && versions.byIds([facts.id])[0];
  };

  /** The root of a version's own files. One whose files were elsewhere gets it, with all it has here. */
  const ownRoot = (version: ModelVersionRow): string => {
    if (registry.sources.rootOf(registry.sources.locationOf(version)) !== undefined)
      return registry.ownRuns.openRoot(version);
    const own = registry.ownRuns.of(version);
    const root = runRoot(own.home, own.run_id);
    versions.setLocation(version.id, artifactUri(root));
    return root;
  };

  const placeInRun = (uid: string, path: string): string | undefined => {
    const run = docs.rows.run(uid);
    if (!run) return undefined;
    const [, modelId, rest] = MODEL_FILE.exec(path) ?? [];
    const model = modelId === undefined ? undefined : stores.loggedModels.byModelId(modelId);
    return model && rest !== undefined && model.source_run_id === run.run_id
      ? below(loggedModelRoot(model.home, model.model_id), rest)
      : below(runRoot(run.home, run.run_id), path);
  };

  /** Whether the bytes are in the blob store, with or without a row. */
  const hasBytes = (sha256: string): boolean =>
    /^[0-9a-f]{64}$/.test(sha256) &&
    (stores.artifacts.findBlob(sha256) !== undefined || blobs.sizeOnDisk(sha256) !== undefined);

  /** Digest of the file that is at a path of an object. */
  const digestAt = ({ kind, uid }: LocalRef, path: string): string | undefined => {
    if (kind === "run") {
      const place = placeInRun(uid, path);
      return place === undefined ? undefined : artifacts.digestAt(place);
    }
    const version = kind === "model_version" ? docs.rows.version(uid) : undefined;
    return version && docs.rows.versionFiles(version.id).find((file) => file.path === path)?.sha256;
  };

  const placeFor = ({ kind, uid }: LocalRef, path: string): string => {
    const version = kind === "model_version" ? versionRow(uid) : undefined;
    const place = kind === "run" ? placeInRun(uid, path) : version && below(ownRoot(version), path);
    if (place === undefined) throw new DomainError("not_found", `No ${kind} ${uid} is here to take '${path}'`);
    return parseFilePath(place);
  };

  /** Gives a path to bytes that are here. False when it is taken by other ones, unless those are the ones to replace. */
  const bind = (ref: LocalRef, file: Omit<PulledFile, "here">): boolean => {
    const path = parseFilePath(file.path);
    const known = digestAt(ref, path);
    if (known === file.sha256) return true;
    if (known !== undefined && known !== file.over) return false;
    if (!hasBytes(file.sha256))
      throw new DomainError("not_found", `The bytes of '${path}' (${file.sha256}) are not on this machine`);
    const place = placeFor(ref, path);
    if (known === undefined && artifacts.inTheWay(place)) return false;
    artifacts.put(place, file);
    return true;
  };

  /** What both sides held at a path of a run before: that may be replaced by what is there now. */
  const replaceable = (remote: number, ref: LocalRef, path: string): string | undefined =>
    ref.kind === "run" ? sync.objects.find(remote, ref)?.base?.files[path] : undefined;

  const isHere = ({ kind, uid }: LocalRef): boolean =>
    (kind === "run" ? docs.rows.run(uid) : docs.rows.version(uid)) !== undefined;

  return {
    hasBytes,
    ownRoot,
    bindFiles: (ref: LocalRef, files: readonly PulledFile[]): readonly string[] =>
      files
        .filter((file) => {
          if (file.here) return !bind(ref, file);
          const known = digestAt(ref, parseFilePath(file.path));
          return known !== undefined && known !== file.sha256;
        })
        .map(({ path }) => path),

    /** Every stub that waits for these bytes becomes a file; one whose path was taken meanwhile says so. */
    landFile: (blob: { sha256: string; size: number }): void => {
      for (const { remote, kind, uid, path, size } of sync.files.landed(blob.sha256)) {
        const ref = { kind, uid };
        if (!isHere(ref)) sync.files.drop(remote, ref, path);
        else if (size !== blob.size)
          sync.files.problem(remote, ref, path, `The server said ${size} bytes; what came has ${blob.size}`);
        else if (bind(ref, { path, sha256: blob.sha256, size, over: replaceable(remote, ref, path) }))
          sync.files.drop(remote, ref, path);
        else sync.files.problem(remote, ref, path, `Another file is at '${path}' here, which is kept`);
      }
    },
  };
};
