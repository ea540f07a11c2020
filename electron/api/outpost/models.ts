import { getLineage } from "../../../shared/api/outpost/lineage.ts";
import * as api from "../../../shared/api/outpost/models.ts";
import { openVersionFiles } from "../../../shared/api/outpost/version-files.ts";
import { artifactUri, below, parseArtifactPath } from "../../../shared/artifact-path.ts";
import type { RequestOf } from "../../../shared/api/endpoint.ts";
import { SEMVER_TAG } from "../../../shared/semver/semver.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Registry } from "../../domain/registry/registry.ts";
import type { VersionFiles } from "../../domain/registry/version-files.ts";
import type { RegistryViews } from "../../domain/views/models.ts";
import { reads, writes, type Route } from "../route.ts";

export interface ModelRouteDeps {
  readonly views: RegistryViews;
  readonly versions: Registry["versions"];
  readonly versionFiles: VersionFiles;
  readonly rootOfRun: (runId: string) => string;
}

type CreateVersion = RequestOf<typeof api.createVersion>;

/** The registry as the interface needs it beyond MLflow's own endpoints. */
export const modelRoutes = ({ views, versions, versionFiles, rootOfRun }: ModelRouteDeps): Route[] => {
  const create = ({ semver, model_id, run_id, path = "", tags = [], ...input }: CreateVersion) => {
    const withSemver = { ...input, tags: semver ? [...tags, { key: SEMVER_TAG, value: semver }] : tags };
    if (model_id && run_id)
      throw new DomainError("invalid", "Give 'model_id' or 'run_id', not both: a version is made of one thing.");
    if (model_id) return versions.create({ ...withSemver, source: `models:/${model_id}`, model_id });
    if (run_id) {
      const source = artifactUri(below(rootOfRun(run_id), parseArtifactPath(path)));
      return versions.create({ ...withSemver, source, run_id });
    }
    return versions.createEmpty(withSemver);
  };

  return [
    reads(api.listRegisteredModels, (query) => views.list(query)),
    reads(api.getRegisteredModel, ({ name }) => views.get(name)),
    reads(api.getModelVersion, ({ name, version }) => views.version(name, version)),
    reads(getLineage, ({ name, version }) => views.lineage(name, version)),
    reads(api.listRegistrable, ({ search, max_results }) => views.registrable(search, max_results)),
    writes(api.createVersion, (input) => {
      const { version } = create(input);
      return { version, semver: views.version(input.name, version).semver };
    }),
    writes(api.logToVersion, ({ name, version, metrics = [], params = [] }) =>
      versionFiles.log(name, version, {
        metrics: metrics.map(({ key, value, step = 0 }) => ({ key, value: Number(value), step: Number(step) })),
        params,
      }),
    ),
    writes(openVersionFiles, ({ name, version }) => versionFiles.open(name, version)),
  ];
};
