/** Imports as jobs: what a path is, what it holds, and carrying it with progress, pause and cancel. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, normalize } from "node:path";
import { Type } from "typebox";
import { Opt, Required, Str } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { defineJob, type JobKind } from "../jobs/job.ts";
import type { ImportRequest, Imports } from "./imports.ts";
import type { ImportReport } from "./report.ts";

export interface ImportInput {
  readonly path: string;
  readonly artifacts?: string;
}

export interface ImportPreview {
  readonly kind: ImportRequest["kind"];
  readonly path: string;
  readonly experiments: number;
  readonly runs: number;
  readonly registered_models: number;
  readonly left: { what: string; why: string }[];
}

const MAX_SHOWN = 20;

const toAbsolute = (path: string, field: string): string => {
  const text = path.trim();
  const full = text === "~" || text.startsWith("~/") ? join(homedir(), text.slice(1)) : text;
  if (!isAbsolute(full))
    throw new DomainError(
      "invalid",
      `Invalid value '${path.slice(0, 200)}' for '${field}': give the whole path, from / or ~/ on`,
    );
  return normalize(full);
};

/** Tells a store's kind by what lies at its path. @throws DomainError `not_found`, `invalid` */
export const toImportRequest = ({ path, artifacts }: ImportInput): ImportRequest => {
  const full = toAbsolute(path, "path");
  if (!existsSync(full)) throw new DomainError("not_found", `There is nothing at '${full}' that this user can read`);
  const isFolder = statSync(full).isDirectory();
  const database = join(full, "mlflow.db");
  const isAroundDatabase = isFolder && !existsSync(join(full, "0")) && existsSync(database);
  const files = artifacts === undefined || artifacts.trim() === "" ? undefined : toAbsolute(artifacts, "artifacts");
  if (files !== undefined && !existsSync(files))
    throw new DomainError("not_found", `There is no folder at '${files}' that this user can read`);
  if (isAroundDatabase) return { kind: "mlflow-db", path: database, artifacts: files };
  return { kind: isFolder ? "mlruns" : "mlflow-db", path: full, artifacts: files };
};

const factsOf = (report: ImportReport): Record<string, number> => ({
  experiments_new: report.experiments.new,
  experiments_present: report.experiments.present,
  runs_new: report.runs.new,
  runs_present: report.runs.present,
  logged_models_new: report.logged_models.new,
  registered_models_new: report.registered_models.new,
  model_versions_new: report.model_versions.new,
  metric_points: report.metric_points,
  files: report.artifacts.files,
  bytes: report.artifacts.bytes,
});

export type ImportJobs = ReturnType<typeof createImportJobs>;

export const createImportJobs = (imports: Imports) => {
  /** Counts what a store holds, letting others have the thread between experiments. */
  const preview = async (input: ImportInput): Promise<ImportPreview> => {
    const request = toImportRequest(input);
    const source = await imports.open(request);
    try {
      const experiments = source.experiments();
      let runs = 0;
      for (const { id } of experiments) {
        runs += source.runIds(id).length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const registered_models = source.models().length;
      const left = source.left().slice(0, MAX_SHOWN);
      return { kind: request.kind, path: request.path, experiments: experiments.length, runs, registered_models, left };
    } finally {
      source.close();
    }
  };

  const job: JobKind = defineJob({
    kind: "import",
    input: Type.Object({ path: Required(), artifacts: Opt(Str()) }),
    title: ({ path }) => `Import ${path}`,
    subject: ({ path }) => path,
    run: async ({ write, turn, progress, log }, input) => {
      let phase = "";
      const report = await imports.carry(
        toImportRequest(input),
        async (work) => {
          await turn();
          return write(work);
        },
        ({ what, done, total }) => {
          if (what !== phase) log(`${what}: ${total}`);
          phase = what;
          progress(done, total);
        },
      );
      for (const { what, why } of report.problems) log(`${what}: ${why}`);
      return { facts: factsOf(report), problems: report.problems, href: "#/experiments" };
    },
  });

  return { preview, job };
};
