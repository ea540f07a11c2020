import type { Call } from "../../shared/api/client.ts";
import {
  listLoggedModelArtifacts,
  listRunArtifacts,
  type ArtifactListing,
} from "../../shared/api/outpost/artifacts.ts";
import type { Run } from "../../shared/api/outpost/runs.ts";
import { links } from "../lib/links.ts";

/** Files that belong together: a run's own, or those of a model that it made. */
export interface ArtifactSource {
  readonly id: string;
  readonly title: string;
  readonly list: (path: string, signal: AbortSignal) => Promise<ArtifactListing>;
  /** Address of the page that shows one of its files. */
  readonly hrefOf: (path: string) => string;
}

/** A run's files first, then each model's. MLflow 3 keeps a logged model's files apart from its run's. */
export const sourcesOf = (call: Call, run: Run): ArtifactSource[] => {
  const page = (path: string): string =>
    links.run(run.experiment_id, run.run_id, `artifacts/${path.split("/").map(encodeURIComponent).join("/")}`);
  const made = new Map(run.logged_models.filter((m) => m.direction === "output").map((m) => [m.model_id, m.name]));
  return [
    {
      id: "",
      title: "Run",
      list: (path, signal) => call(listRunArtifacts, { run_id: run.run_id, path }, signal),
      hrefOf: page,
    },
    ...[...made].map(([id, name]) => ({
      id,
      title: `Logged model: ${name}`,
      list: (path: string, signal: AbortSignal) => call(listLoggedModelArtifacts, { model_id: id, path }, signal),
      hrefOf: (path: string) => `${page(path)}?${new URLSearchParams({ model: id }).toString()}`,
    })),
  ];
};
