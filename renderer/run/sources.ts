import type { Call } from "../../shared/api/client.ts";
import { loggedModelRoot, runRoot } from "../../shared/artifact-path.ts";
import type { Run } from "../../shared/api/outpost/runs.ts";
import { encodePath } from "../artifacts/paths.ts";
import { sourceAt, type ArtifactSource } from "../artifacts/source.ts";
import { m } from "../i18n/messages.ts";
import { links } from "../lib/links.ts";

/** A run's files first, then each model's. MLflow 3 keeps a logged model's files apart from its run's. */
export const sourcesOf = (call: Call, run: Run): ArtifactSource[] => {
  const page = (path: string): string =>
    links.run(run.experiment_id, run.run_id, path === "" ? "artifacts" : `artifacts/${encodePath(path)}`);
  const made = new Map(run.logged_models.filter((m) => m.direction === "output").map((m) => [m.model_id, m.name]));
  return [
    sourceAt(call, {
      id: "",
      title: m.run_files(),
      root: runRoot(run.experiment_id, run.run_id),
      owner: { owner: "run", id: run.run_id },
      hrefOf: page,
    }),
    ...[...made].map(([id, name]) =>
      sourceAt(call, {
        id,
        title: m.run_files_of_model({ name }),
        root: loggedModelRoot(run.experiment_id, id),
        owner: { owner: "model", id },
        hrefOf: (path) => `${page(path)}?${new URLSearchParams({ model: id }).toString()}`,
      }),
    ),
  ];
};
