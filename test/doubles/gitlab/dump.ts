/** The whole state as plain JSON for a test's invariants: every object, every file's digest, every request; no token's value. */
import { statusOf } from "./pipelines.ts";
import type { State } from "./state.ts";

/** How many calls each operation has had. */
export const countsOf = (state: State): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { operation } of state.log) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
};

export const dump = (state: State) => ({
  seed: state.seed,
  variant: state.variant,
  options: state.options,
  now: state.now(),
  users: state.users,
  tokens: state.tokens.map(({ value: _secret, ...rest }) => rest),
  projects: state.projects,
  experiments: [...state.experiments.values()],
  runs: [...state.candidates.values()],
  models: [...state.models.values()].map(({ versions, ...rest }) => ({
    ...rest,
    versions: versions.map(({ id }) => id),
  })),
  versions: [...state.versions.values()],
  packages: [...state.packages.values()].map(({ files, ...rest }) => ({
    ...rest,
    files: files.map(({ path: _onDisk, ...file }) => ({ ...file, name: decodeURIComponent(file.fileName) })),
  })),
  pipelines: [...state.pipelines.values()].map((each) => ({ ...each, status: statusOf(state, each) })),
  counts: countsOf(state),
  log: state.log,
});
