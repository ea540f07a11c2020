/** What is done to many runs at once: those named, or all that match a filter. Each change is what a single one would be. */
import type { RunAction } from "../../../shared/api/outpost/run-actions.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { RunMoveStore } from "../../store/run-moves.ts";
import type { RunRow, RunStore } from "../../store/runs.ts";
import type { RunMatches } from "../../store/search/run-matches.ts";
import { readActionToken, writeActionToken } from "../views/run-groups.ts";
import { type RunScopeInput, toRunMatch } from "../views/run-scope.ts";
import type { Experiments } from "./experiments.ts";
import type { Logging } from "./logging.ts";
import type { Runs } from "./runs.ts";

export interface RunActionInput extends RunScopeInput {
  readonly action: RunAction;
  readonly run_ids?: readonly string[] | undefined;
  readonly page_token?: string | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly to_experiment_id?: string | undefined;
}

export interface RunActionDeps {
  readonly domain: Runs;
  readonly logging: Logging;
  readonly experiments: Experiments;
  readonly runs: RunStore;
  readonly moves: RunMoveStore;
  readonly matches: RunMatches;
  readonly journal: Journal;
}

/** Runs of one call: about 50 ms of a writer that others wait for. */
const MAX_RUNS = 500;

const required = (value: string | undefined, name: string): string => {
  if (!value) throw new DomainError("invalid", `Missing value for required parameter '${name}'.`);
  return value;
};

export const createRunActions = (deps: RunActionDeps) => {
  const { domain, logging, experiments, runs, moves, matches, journal } = deps;

  /** Each gives the ids of the runs that changed. */
  const actions: Record<RunAction, (run: RunRow, input: RunActionInput) => readonly string[]> = {
    DELETE: (run) => {
      if (run.lifecycle_stage === "deleted") return [];
      domain.trash(run.run_id);
      return [run.run_id];
    },
    RESTORE: (run) => {
      if (run.lifecycle_stage === "active") return [];
      domain.restore(run.run_id);
      return [run.run_id];
    },
    SET_TAG: (run, { key, value = "" }) => {
      if (runs.tag(run.id, required(key, "key")) === value) return [];
      logging.setTag(run.run_id, required(key, "key"), value);
      return [run.run_id];
    },
    DELETE_TAG: (run, { key }) => {
      if (runs.tag(run.id, required(key, "key")) === undefined) return [];
      logging.deleteTag(run.run_id, required(key, "key"));
      return [run.run_id];
    },
    MOVE: (run, { to_experiment_id }) => moveTree(run, required(to_experiment_id, "to_experiment_id")),
  };

  /** Children go along: a sweep stays one tree. */
  const moveTree = (run: RunRow, experimentId: string): readonly string[] => {
    const to = experiments.open(experimentId);
    const moved: string[] = [];
    const waiting = [run];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (next.experiment === to.id) continue;
      const children = moves.children(next).flatMap((id) => runs.byRunId(id) ?? []);
      const models = moves.move(next, to.id);
      domain.record(next, "move", { experiment: next.experiment }, { experiment: to.id });
      for (const uid of models) journal.mark("logged_model", uid);
      moved.push(next.run_id);
      waiting.push(...children);
    }
    return moved;
  };

  const named = (ids: readonly string[], experimentId: string): RunRow[] => {
    if (ids.length > MAX_RUNS)
      throw new DomainError("invalid", `${ids.length} runs were named: at most ${MAX_RUNS} fit one call.`);
    const experiment = toRunMatch({ experiment_id: experimentId }).experimentId;
    return [...new Set(ids)].map((id) => {
      domain.assertNotHeld(next.run_id, "moved", "It belongs to its version");
      const run = domain.find(id);
      if (run.experiment !== experiment)
        throw new DomainError("invalid", `Run ${id} is in experiment ${run.experiment}, not in ${experiment}.`);
      return run;
    });
  };

  const matching = (input: RunActionInput): { rows: RunRow[]; next: string | undefined } => {
    const match = toRunMatch(input);
    const place = readActionToken(
      required(input.page_token, "page_token (count the runs first: it gives the token, and shows what is meant)"),
    );
    if (place.after === 0) {
      const { count } = matches.count(match, place.until);
      if (count !== place.count)
        throw new DomainError(
          "conflict",
          `${count} runs match now, not the ${place.count} that were confirmed: look at them again. Nothing was changed.`,
        );
    }
    const ids = matches.next(match, { ...place, limit: MAX_RUNS });
    const last = ids.at(-1);
    const more = last !== undefined && ids.length === MAX_RUNS && last < place.until;
    return { rows: runs.byIds(ids), next: more ? writeActionToken({ ...place, after: last }) : undefined };
  };

  /**
   * Does it to up to 500 runs, all or none.
   * @throws DomainError `conflict` when other runs match than were counted; `invalid`, `not_found`.
   */
  const act = (input: RunActionInput): { run_ids: string[]; next_page_token?: string } => {
    const { rows, next } = input.run_ids
      ? { rows: named(input.run_ids, input.experiment_id), next: undefined }
      : matching(input);
    const action = actions[input.action];
    const run_ids = rows.flatMap((run) => action(run, input));
    return next === undefined ? { run_ids } : { run_ids, next_page_token: next };
  };

  return { act };
};
export type RunActions = ReturnType<typeof createRunActions>;
