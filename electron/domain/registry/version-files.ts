/**
 * What people add to a model version after it was made: files, metrics, params. All of it belongs to the version's own
 * run; the version's file list follows whatever happens to the files there.
 */
import { artifactUri } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionRow, VersionFile } from "../../store/model-versions.ts";
import type { VersionFileStore } from "../../store/version-files.ts";
import type { Batch, Logging } from "../tracking/logging.ts";
import type { Lookup } from "./lookup.ts";
import type { OwnRuns } from "./own-runs.ts";

export interface VersionFilesDeps {
  readonly lookup: Pick<Lookup, "versionOf">;
  readonly ownRuns: Pick<OwnRuns, "of" | "openRoot">;
  readonly files: VersionFileStore;
  readonly logging: Pick<Logging, "logBatch">;
  readonly journal: Journal;
  readonly now: () => number; // ms since epoch
}

export interface Logged {
  readonly metrics: readonly { key: string; value: number; step?: number }[];
  readonly params: readonly { key: string; value: string }[];
}

const RUN_FILE = /^\d+\/([^/]+)\/artifacts\/(.+)$/s;

export type VersionFiles = ReturnType<typeof createVersionFiles>;

export const createVersionFiles = (deps: VersionFilesDeps) => {
  const { lookup, ownRuns, files, logging, journal, now } = deps;

  const record = (version: ModelVersionRow, action: string, before: unknown, after: unknown): void =>
    journal.record({
      action: `model-version.${action}`,
      kind: "model_version",
      uid: version.uid,
      subject: `${version.name}/${version.version}`,
      before,
      after,
    });

  return {
    /**
     * Makes a version ready to take files: returns the root they belong under.
     * @throws DomainError `not_found`; `invalid` when its files are kept elsewhere.
     */
    open: (name: string, version: string): { root: string } => ({
      root: ownRuns.openRoot(lookup.versionOf(name, version)),
    }),

    /** Adds metrics and params to a version's own run. @throws DomainError as `logBatch`. */
    log: (name: string, version: string, { metrics, params }: Logged): { run_id: string } => {
      const row = lookup.versionOf(name, version);
      if (metrics.length + params.length === 0)
        throw new DomainError("invalid", "Nothing to log: give 'metrics' or 'params'.");
      const run = ownRuns.of(row);
      const batch: Batch = {
        run_id: run.run_id,
        metrics: metrics.map((metric) => ({ ...metric, timestamp: now() })),
        params,
      };
      logging.logBatch(batch);
      files.touch(row.id, now());
      record(row, "log", undefined, { metrics, params });
      return { run_id: run.run_id };
    },

    /** Keeps a version's file list in step with a file of its own run. */
    follow: (path: string, file: Pick<VersionFile, "sha256" | "size"> | undefined): void => {
      const [, runId = "", rest = ""] = RUN_FILE.exec(path) ?? [];
      const owner = rest === "" ? undefined : files.ownerOf(runId);
      if (!owner || !path.startsWith(`${rootOf(owner.location ?? owner.source)}/`)) return;
      if (file) files.putFile(owner.id, { path: rest, ...file });
      else files.dropFile(owner.id, rest);
      files.touch(owner.id, now());
      journal.mark("model_version", owner.uid);
    },
  };
};

/** The root that one of our URIs names; anything else is no prefix of a path. */
const rootOf = (uri: string): string => uri.slice(artifactUri("").length);
