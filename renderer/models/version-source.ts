/** A model version's files for the artifact browser: the list that was fixed with the version, not what its root holds. */
import type { Call } from "../../shared/api/client.ts";
import type { ModelVersion } from "../../shared/api/outpost/models.ts";
import { openVersionFiles } from "../../shared/api/outpost/version-files.ts";
import { entriesIn, existingIn } from "../artifacts/file-list.ts";
import { encodePath } from "../artifacts/paths.ts";
import type { ArtifactSource, UploadTarget } from "../artifacts/source.ts";
import { links } from "../lib/links.ts";

/** Where files go that are uploaded into a version. `at` is how the page's address names it: its number or semver. */
export const versionTarget = (call: Call, name: string, version: string, at = version): UploadTarget => ({
  place: `models:/${name}/${version}`,
  open: async (signal) => (await call(openVersionFiles, { name, version }, signal)).root,
  hrefOf: (path) => `${links.version(name, at)}${path === "" ? "" : `/files/${encodePath(path)}`}`,
});

/** The files of a version; none where they are kept elsewhere. */
export const versionSources = (
  call: Call,
  { name, version, semver, files, root }: ModelVersion,
  at: string,
): ArtifactSource[] =>
  root === null
    ? []
    : [
        {
          ...versionTarget(call, name, version, at),
          id: "",
          title: `${name} ${semver}`,
          root,
          owner: { owner: "version", id: `${name}/${version}` },
          list: (path) => Promise.resolve(entriesIn(files, path)),
          existing: (paths) => Promise.resolve(existingIn(files, paths)),
          digests: true,
        },
      ];
