/** Opens an `mlruns` folder as a source to import from. Source: mlflow/store/tracking/file_store.py, 3.17.2. */
import { closeSync, constants, existsSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import type { MetricPoint } from "../../store/metrics.ts";
import type { Problem, SourceExperiment, TrackingSource } from "../../store/mlflow-source.ts";
import type { Meta } from "./meta-yaml.ts";
import { createMlrunsModels } from "./mlruns-models.ts";
import { createMlrunsRuns, RESERVED } from "./mlruns-runs.ts";
import { foldersIn, isFolder, keysBelow, parsePoint, readMeta, readValues } from "./store-files.ts";

const PAGE = 5000;
const TRASH = ".trash";

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);

/** What a reader of the folder stands on. */
export interface Mlruns {
  readonly root: string;
  /** The folder of an experiment, also of one in the trash. */
  readonly folderOf: (experimentId: string) => string;
  readonly tell: (what: string, error: unknown) => void;
  /** Reads a thing, or tells that it cannot be read. */
  readonly attempt: <T>(what: string, read: () => T) => T | undefined;
}

const createProblems = () => {
  const problems: Problem[] = [];
  const tell = (what: string, error: unknown): void =>
    void problems.push({ what, why: `it cannot be read: ${reasonOf(error)}` });
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      tell(what, error);
      return undefined;
    }
  };
  return { problems, tell, attempt };
};

/** The points of a run, each file read once and parsed line by line. */
const createPoints = ({ folderOf, tell, attempt }: Mlruns) =>
  function* (experimentId: string, runId: string): Generator<MetricPoint[]> {
    const folder = join(folderOf(experimentId), runId, "metrics");
    let page: MetricPoint[] = [];
    for (const key of keysBelow(folder)) {
      const lines = attempt(`metric '${key}' of run ${runId}`, () => readLines(join(folder, key))) ?? [];
      for (const [i, line] of lines.entries()) {
        if (line.trim() === "") continue;
        const point = parsePoint(key, line);
        if (point) page.push(point);
        else tell(`line ${i + 1} of metric '${key}' of run ${runId}`, new Error("it is not 'timestamp value step'"));
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  };

const readLines = (path: string): string[] => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return readFileSync(fd, "utf8").split("\n");
  } finally {
    closeSync(fd);
  }
};

const toExperiment = (id: string, trashed: boolean, meta: Meta, tags: SourceExperiment["tags"]): SourceExperiment => ({
  id,
  name: meta.text("name") ?? id,
  lifecycle_stage: trashed || meta.text("lifecycle_stage") === "deleted" ? "deleted" : "active",
  creation_time: meta.integer("creation_time") ?? 0,
  last_update_time: meta.integer("last_update_time") ?? meta.integer("creation_time") ?? 0,
  tags,
});

/** Things in an experiment's folder that Outpost does not keep. */
const countLeft = (folders: readonly string[]): Problem[] => {
  const traces = folders.reduce((sum, folder) => sum + foldersIn(join(folder, "traces")).length, 0);
  return traces === 0 ? [] : [{ what: `${traces} traces`, why: "Outpost does not keep them yet" }];
};

/**
 * Opens a folder of MLflow's file store. Artifacts are taken from it and, where given, from `artifacts`.
 * @throws DomainError `not_found`; `invalid` for a folder that is no file store.
 */
export const openMlruns = (dir: string, artifacts?: string): TrackingSource => {
  if (!existsSync(dir)) throw new DomainError("not_found", `There is no folder '${dir}'`);
  const root = realpathSync(dir);
  const idsIn = (folder: string): string[] =>
    foldersIn(folder).filter((name) => name !== TRASH && existsSync(join(folder, name, "meta.yaml")));
  const trashed = new Set(idsIn(join(root, TRASH)));
  const ids = idsIn(root).filter((name) => !RESERVED.has(name));
  if (ids.length + trashed.size === 0 && !isFolder(join(root, "models")))
    throw new DomainError(
      "invalid",
      `'${dir}' is no folder of MLflow's file store: it holds no experiment (a folder with a meta.yaml)`,
    );
  const { problems, tell, attempt } = createProblems();
  const folderOf = (id: string): string =>
    trashed.has(id) && !ids.includes(id) ? join(root, TRASH, id) : join(root, id);
  const store: Mlruns = { root, folderOf, tell, attempt };

  const experiment = (id: string): SourceExperiment[] => {
    const folder = folderOf(id);
    const tags = readValues(join(folder, "tags"), (key, error) => tell(`tag '${key}' of experiment ${id}`, error));
    const read = attempt(`experiment ${id}`, () =>
      toExperiment(id, folder.startsWith(join(root, TRASH)), readMeta(folder), tags),
    );
    return read ? [read] : [];
  };
  const all = [...new Set([...ids, ...trashed])];

  return {
    identity: `mlruns:${root}`,
    artifactFolders: [root, ...(artifacts === undefined ? [] : [artifacts])].filter(existsSync),
    experiments: () => all.flatMap(experiment),
    ...createMlrunsRuns(store),
    points: createPoints(store),
    ...createMlrunsModels(store),
    left: () => [...countLeft(all.map(folderOf)), ...problems],
    close: () => {},
  };
};
