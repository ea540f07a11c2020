/** Imports under way: at most one at a time, watched by whoever asked for it. */
import { DomainError } from "../../../shared/errors.ts";
import { openMlflowDb } from "../../store/mlflow-db.ts";
import type { TrackingSource } from "../../store/mlflow-source.ts";
import { createImporter, type ImporterDeps, type Write } from "./import.ts";
import type { ImportReport, Progress } from "./report.ts";

export interface ImportRequest {
  readonly kind: "mlruns" | "mlflow-db";
  readonly path: string; // absolute
  readonly artifacts: string | undefined; // absolute
}

export type ImportState =
  | { readonly state: "running"; readonly progress: Progress | null }
  | { readonly state: "done"; readonly report: ImportReport }
  | { readonly state: "failed"; readonly error: unknown };

/** The YAML reader is loaded when a folder is opened, not at every start. */
const openSource = async ({ kind, path, artifacts }: ImportRequest): Promise<TrackingSource> => {
  if (kind === "mlflow-db") return openMlflowDb(path, artifacts);
  const { openMlruns } = await import("./mlruns.ts");
  return openMlruns(path, artifacts);
};

export type Imports = ReturnType<typeof createImports>;

export const createImports = (deps: ImporterDeps) => {
  const importer = createImporter(deps);
  let current: ImportState | undefined;

  const begin = async (request: ImportRequest): Promise<TrackingSource> => {
    if (current?.state === "running")
      throw new DomainError("conflict", "Another import is under way: wait for its end");
    current = { state: "running", progress: null };
    try {
      return await openSource(request);
    } catch (error) {
      current = undefined;
      throw error;
    }
  };

  const run = async (
    source: TrackingSource,
    write: Write,
    tell?: (progress: Progress) => void,
  ): Promise<ImportState> => {
    try {
      const onProgress = (progress: Progress): void => {
        current = { state: "running", progress };
        tell?.(progress);
      };
      return { state: "done", report: await importer.carry(source, { write, onProgress }) };
    } catch (error) {
      return { state: "failed", error };
    } finally {
      source.close();
    }
  };

  return {
    /** Opens a store to look at; the caller closes it. @throws DomainError `not_found`, `invalid` */
    open: openSource,
    /** Imports and resolves with the report. @throws DomainError as `start`, and what ended the import */
    carry: async (request: ImportRequest, write: Write, tell: (progress: Progress) => void): Promise<ImportReport> => {
      const state = await run(await begin(request), write, tell);
      current = state;
      if (state.state === "failed") throw state.error;
      if (state.state !== "done") throw new Error("an import ends with a report or an error");
      return state.report;
    },
    /**
     * Starts an import; `state` tells how it goes.
     * @throws DomainError `conflict` while another one runs; `not_found`, `invalid` for a store that cannot be read.
     */
    start: async (request: ImportRequest, write: Write): Promise<void> => {
      const source = await begin(request);
      void run(source, write).then((state) => (current = state));
    },
    /** @throws what ended the import; DomainError `not_found` when none was started. */
    state: (): Exclude<ImportState, { state: "failed" }> => {
      if (current === undefined) throw new DomainError("not_found", "No import was started");
      if (current.state === "failed") throw current.error;
      return current;
    },
  };
};
