/** Lays the files of a run, a logged model or a model version out as a plain tree. */
import { isAbsolute } from "node:path";
import { Type, type Static } from "typebox";
import { below, parseArtifactPath } from "../../../shared/artifact-path.ts";
import { Bool, Opt, Required } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { loggedModelRoot } from "../../domain/tracking/logged-models.ts";
import { runRoot } from "../../domain/tracking/runs.ts";
import { operation } from "../operation.ts";
import type { Services } from "../services.ts";

const Request = Type.Object({ source: Required(), target: Required(), portable: Opt(Bool()) });

type Domains = Services["domains"];

const versionOf = (domains: Domains, name: string, wanted: string): string => {
  if (/^\d+$/.test(wanted)) return wanted;
  return domains.registry.models.byAlias(name, wanted).version;
};

/**
 * The path below the artifact root that a source names: a run id, `runs:/<id>/<path>`, `models:/<name>/<version>[/<path>]`,
 * `models:/<name>@<alias>` or a logged model's `m-…`. @throws DomainError `invalid`, `not_found`.
 */
const rootOfSource = (domains: Domains, source: string): string => {
  const [, ofRun, runPath = ""] = /^(?:runs:\/+)?([0-9a-f]{32})(?:\/(.*))?$/.exec(source) ?? [];
  if (ofRun !== undefined) return below(runRoot(domains.runs.find(ofRun)), parseArtifactPath(runPath));
  const [, ofModel, modelPath = ""] = /^(?:models:\/+)?(m-[0-9a-f]{32})(?:\/(.*))?$/.exec(source) ?? [];
  if (ofModel !== undefined)
    return below(loggedModelRoot(domains.loggedModels.get(ofModel)), parseArtifactPath(modelPath));
  const [, name, version] = /^models:\/+([^/]+?)[/@]([^/@]+)$/.exec(source) ?? [];
  if (name !== undefined && version !== undefined)
    return domains.registry.versions.rootOfVersion(name, versionOf(domains, name, version));
  const [, ofVersion, number, versionPath = ""] = /^models:\/+([^/]+)\/(\d+)\/(.+)$/s.exec(source) ?? [];
  if (ofVersion !== undefined && number !== undefined)
    return below(domains.registry.versions.rootOfVersion(ofVersion, number), parseArtifactPath(versionPath));
  throw new DomainError(
    "invalid",
    `'${source}' names no files: write a run id, runs:/<run id>/<path>, models:/<name>/<version>[/<path>], models:/<name>@<alias> or a logged model's id`,
  );
};

const toPlan = ({ services }: { services: Services }, { source, target, portable }: Static<typeof Request>) => {
  if (!isAbsolute(target)) throw new DomainError("invalid", `The target '${target}' must be an absolute path`);
  return {
    path: rootOfSource(services.domains, source),
    target,
    options: portable ? { kind: "windows" as const } : {},
  };
};

export const layOutFiles = operation({
  name: "layout",
  summary: "Copies the files of a run or a model version into a folder",
  request: Request,
  run: async (session, input) => {
    const { path, target, options } = toPlan(session, input);
    const { files, bytes, renamed } = await session.services.domains.artifacts.layOut(path, target, options);
    return { target, files, bytes, renamed: [...renamed] };
  },
});
