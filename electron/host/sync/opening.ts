/** Opening what was pulled without its bytes: which paths those are, and bringing one through the remote it came from. */
import type { FarFile, FarFiles } from "../../api/mlflow/far-files.ts";
import type { Partials } from "../../artifacts/partials.ts";
import { DomainError } from "../../../shared/errors.ts";
import { RemoteError, type RemoteTrouble } from "../../remote/errors.ts";
import type { LoggedModelStore } from "../../store/logged-models.ts";
import type { RunStore } from "../../store/runs.ts";
import type { RemoteRow, SyncFileRow } from "../../store/sync/rows.ts";
import type { Ref, SyncStore } from "../../store/sync/sync-store.ts";
import type { VersionFileStore } from "../../store/version-files.ts";
import { waitsUnder } from "../../sync/download.ts";
import { createLimit } from "../../sync/limit.ts";
import { openFile, type OpenDeps } from "../../sync/open-file.ts";

/** Files that are opened and come at once; the others wait their turn. */
const AT_ONCE = 4;

export interface OpeningDeps {
  readonly state: Pick<SyncStore, "remotes" | "files">;
  readonly stores: {
    readonly runs: Pick<RunStore, "byRunId">;
    readonly loggedModels: Pick<LoggedModelStore, "byModelId">;
    readonly versionFiles: Pick<VersionFileStore, "ownerOf">;
  };
  readonly partials: Pick<Partials, "open">;
  /** @throws DomainError when the remote cannot be used as it is set up */
  readonly open: (remote: RemoteRow) => OpenDeps;
}

/** A place below the artifact root: what owns it, and the path by which the owner's files are known to a remote. */
interface Place {
  readonly ref: Ref;
  readonly path: string;
}

const RUN_PLACE = /^(\d+)\/([^/]+)\/artifacts(?:\/(.+))?$/su;
const MODEL_PLACE = /^(\d+)\/models\/([^/]+)\/artifacts(?:\/(.+))?$/su;

const createPlaces = ({ runs, loggedModels, versionFiles }: OpeningDeps["stores"]) => ({
  /** Undefined for what is no place of a run, a version or a logged model. */
  of: (path: string): Place | undefined => {
    const [, modelHome, modelId = "", inModel] = MODEL_PLACE.exec(path) ?? [];
    const model = modelHome === undefined ? undefined : loggedModels.byModelId(modelId);
    if (model && String(model.home) === modelHome) {
      const run = model.source_run_id === null ? undefined : runs.byRunId(model.source_run_id);
      const root = `logged-models/${modelId}`;
      return run && { ref: { kind: "run", uid: run.uid }, path: inModel === undefined ? root : `${root}/${inModel}` };
    }
    const [, home, runId = "", inRun = ""] = RUN_PLACE.exec(path) ?? [];
    const run = home === undefined ? undefined : runs.byRunId(runId);
    if (!run || String(run.home) !== home) return undefined;
    const version = versionFiles.ownerOf(runId);
    return { ref: version ? { kind: "model_version", uid: version.uid } : { kind: "run", uid: run.uid }, path: inRun };
  },
});

/** What a person does about it. */
const WAY_OUT: Readonly<Record<RemoteTrouble, (remote: string) => string>> = {
  offline: (remote) => `open it again when '${remote}' can be reached`,
  captive: (remote) => `open it again when '${remote}' can be reached`,
  unavailable: () => "what has come is kept: open it again",
  garbled: () => "what has come is kept: open it again",
  rate_limited: () => "what has come is kept: open it again later",
  cancelled: () => "open it again",
  insecure: (remote) => `look at the remote '${remote}' in the settings`,
  auth: (remote) => `give the remote '${remote}' a token in the settings, then open it again`,
  forbidden: (remote) => `give the remote '${remote}' a token that may read it`,
  gone: (remote) => `the next sync with '${remote}' sees whether it was removed there`,
  invalid: (remote) => `look at the remote '${remote}' in the settings`,
  exists: (remote) => `look at the remote '${remote}' in the settings`,
  too_large: (remote) => `look at the remote '${remote}' in the settings`,
  corrupt: (remote) => `it was damaged on '${remote}': it has to be put there again from where it was made`,
};

const lies = (path: string, remote: string): string =>
  `'${path}' is not on this machine, its bytes are on the remote '${remote}' only`;
const sentence = (text: string): string => text.replace(/[.\s]+$/u, "");

/**
 * What kept a file away. It is "not found" here, whatever the remote's reason: for 5xx MLflow's client would ask for minutes
 * on end and then tell nobody why.
 */
const toMissing = (error: unknown, path: string, remote: string): unknown => {
  if (error instanceof RemoteError) {
    const { trouble, message } = error;
    const isDenied = trouble === "auth" || trouble === "forbidden" || trouble === "insecure";
    const text = `${lies(path, remote)}. ${sentence(message)}: ${WAY_OUT[trouble](remote)}.`;
    return new DomainError(isDenied ? "denied" : "not_found", text, { cause: error });
  }
  if (error instanceof DomainError && error.kind === "corrupt")
    return new DomainError("not_found", `${lies(path, remote)}. ${sentence(error.message)}: ${WAY_OUT.corrupt(remote)}.`, { cause: error }); // prettier-ignore
  return error;
};

type Far = ReturnType<FarFiles["list"]>[number];

/** The direct children of `folder` among paths. */
const childrenOf = (files: readonly SyncFileRow[], folder: string): readonly Far[] => {
  const head = folder === "" ? "" : `${folder}/`;
  const found = new Map<string, Far>();
  for (const { path, size } of files) {
    if (!path.startsWith(head)) continue;
    const [name = "", ...more] = path.slice(head.length).split("/");
    found.set(name, { name, size: more.length > 0 ? null : size });
  }
  return [...found.values()];
};

export const createOpening = ({ state, stores, partials, open }: OpeningDeps): FarFiles => {
  const places = createPlaces(stores);
  const inTurn = createLimit(AT_ONCE);

  const fetchFrom = async (
    remote: RemoteRow,
    file: SyncFileRow,
    ...how: Parameters<FarFile["fetch"]>
  ): Promise<void> => {
    const [signal, onBytes] = how;
    const { name } = remote;
    if (remote.paused)
      throw new DomainError("not_found", `${lies(file.path, name)}. That remote is paused: resume it under Sync, then open it again.`); // prettier-ignore
    try {
      await openFile(open(remote), file, signal, { onBytes, inTurn });
    } catch (error) {
      signal.throwIfAborted();
      throw toMissing(error, file.path, name);
    }
  };

  /** The same file may be on several remotes: the first that gives it is enough. */
  const copiesOf = ({ ref, path }: Place): readonly (readonly [RemoteRow, SyncFileRow])[] =>
    state.remotes.list().flatMap((remote): readonly (readonly [RemoteRow, SyncFileRow])[] => {
      const file = remote.kind === "bundle" ? undefined : state.files.find(remote.id, ref, path);
      return file ? [[remote, file]] : [];
    });

  return {
    list: (folder) => {
      const remotes = state.remotes.list();
      const place = remotes.length > 0 ? places.of(folder) : undefined;
      if (!place) return [];
      const { ref, path } = place;
      const files = remotes.flatMap(({ id, kind }) => (kind === "bundle" ? [] : state.files.of(id, ref)));
      // a logged model of this machine has its files in a folder of its own
      const apart = ref.kind === "run" && !path.startsWith("logged-models/");
      return childrenOf(apart ? files.filter((file) => !isOfModel(file.path, stores)) : files, path);
    },
    find: (path) => {
      const place = places.of(path);
      const copies = place && place.path !== "" ? copiesOf(place) : [];
      const [first] = copies;
      if (!first) return undefined;
      const [remote, file] = first;
      // an answer that begins with one may end with the other, so they have to be the same bytes
      const same = copies.filter(([, { size, sha256 }]) => size === file.size && sha256 === file.sha256);
      let from = first;
      return {
        size: file.size,
        sha256: file.sha256,
        remote: remote.name,
        fetch: async (signal, onBytes) => {
          const failures: unknown[] = [];
          for (const copy of same) {
            from = copy;
            try {
              return await fetchFrom(...copy, signal, onBytes);
            } catch (error) {
              signal.throwIfAborted();
              failures.push(error);
            }
          }
          throw failures[0];
        },
        peek: (at, most) => partials.open(waitsUnder(from[0].id, from[1])).peek(at, most),
      };
    },
  };
};

const OF_MODEL = /^logged-models\/(m-[0-9a-f]{32})\//su;
const isOfModel = (path: string, { loggedModels }: OpeningDeps["stores"]): boolean => {
  const [, id] = OF_MODEL.exec(path) ?? [];
  return id !== undefined && loggedModels.byModelId(id) !== undefined;
};
