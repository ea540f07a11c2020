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
import type { Removals } from "../trash/removals.ts";
import type { Logging } from "./logging.ts";
import { RUN_NAME_TAG, type Runs } from "./runs.ts";

export interface RunActionInput extends RunScopeInput {
  readonly action: RunAction;
  readonly run_ids?: readonly string[] | undefined;
  readonly page_token?: string | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly to_experiment_id?: string | undefined;
  /** The act in the trash that the tags join. */
  readonly trash_id?: string | undefined;
}

export interface RunActionDeps {
  readonly domain: Runs;
  readonly logging: Logging;
  readonly experiments: Experiments;
  readonly runs: RunStore;
  readonly moves: RunMoveStore;
  readonly matches: RunMatches;
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
}

/** Runs of one call: about 50 ms of a writer that others wait for. */
const MAX_RUNS = 500;

const required = (value: string | undefined, name: string): string => {
  if (!value) throw new DomainError("invalid", `Missing value for required parameter '${name}'.`);
  return value;
};

export const createRunActions = (deps: RunActionDeps) => {
  const { domain, logging, experiments, runs, moves, matches, removals, journal } = deps;

  /** What one call does: `kept` is the act in the trash that holds what it took away. */
  interface Call extends RunActionInput {
    kept: string | undefined;
  }

  /** Each gives the ids of the runs that changed. */
  const actions: Record<RunAction, (run: RunRow, call: Call) => readonly string[]> = {
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
    SET_TAG: (run, call) => {
      const [name, value] = [required(call.key, "key"), call.value ?? ""];
      const before = runs.tag(run.id, name);
      if (before === value) return [];
      logging.setTag(run.run_id, name, value);
      const lost = { kind: "tags", owner_kind: "run", owner: run.id, name } as const;
      if (before && name !== RUN_NAME_TAG)
        call.kept = removals.keep({ ...lost, value: before, replaced_by: value }, call.kept);
      return [run.run_id];
    },
    DELETE_TAG: (run, call) => {
      const key = required(call.key, "key");
      if (runs.tag(run.id, key) === undefined) return [];
      call.kept = logging.deleteTag(run.run_id, key, call.kept);
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
      domain.assertNotHeld(next.run_id, "moved", "It belongs to its version");
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
  const act = (input: RunActionInput): { run_ids: string[]; next_page_token?: string; trash_id?: string } => {
    const { rows, next } = input.run_ids
      ? { rows: named(input.run_ids, input.experiment_id), next: undefined }
      : matching(input);
    const action = actions[input.action];
    const call: Call = { ...input, kept: input.trash_id };
    const run_ids = rows.flatMap((run) => action(run, call));
    return {
      run_ids,
      ...(next !== undefined && { next_page_token: next }),
      ...(call.kept !== undefined && { trash_id: call.kept }),
    };
  };

  return { act };
};
export type RunActions = ReturnType<typeof createRunActions>;
