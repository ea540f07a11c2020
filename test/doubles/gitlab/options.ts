/**
 * Every fact of GitLab that differs between releases, or that no spec states, as a named option with one value per
 * variant. A client of GitLab has to work against both; a single option can be set apart (`--set name=value`).
 */

interface Choice {
  readonly older: boolean;
  readonly newer: boolean;
  readonly why: string;
}

const choices = {
  proxyArtifactUri: {
    older: false,
    newer: true,
    why: "a plain run with a package shows mlflow-artifacts:/candidate:N",
  },
  proxyCandidates: { older: false, newer: true, why: "the artifact proxy knows candidate: refs" },
  metricHistory: { older: false, newer: true, why: "GET metrics/get-history exists" },
  versionObjects: { older: false, newer: true, why: "latest_versions holds version objects, not raw records" },
  promoteRun: { older: false, newer: true, why: "model-versions/create takes run_id" },
  fileFolders: { older: false, newer: true, why: "package files may lie in folders" },
  fileSha256: { older: false, newer: true, why: "package_files list file_sha256" },
  fileMd5: { older: true, newer: true, why: "package_files list file_md5 (null under FIPS)" },
  filePipelines: { older: false, newer: true, why: "package_files list pipelines" },
  packagePrivateToken: { older: false, newer: false, why: "ml_models routes take PRIVATE-TOKEN (derived: no)" },
  packageListJobToken: { older: true, newer: true, why: "package REST takes JOB-TOKEN (unconfirmed)" },
  guestDownload404: { older: false, newer: true, why: "a guest's download is 404, not 403" },
  deleteNeedsMaintainer: { older: true, newer: true, why: "package deletes by REST need Maintainer (unconfirmed)" },
  longNameIsExists: { older: true, newer: false, why: "an experiment name over 255 is RESOURCE_ALREADY_EXISTS" },
  orphanExperiment: { older: true, newer: true, why: "a refused model leaves its [model] experiment (derived)" },
  ciJobFails: { older: true, newer: true, why: "an unknown gitlab.CI_JOB_ID is 500, the run stays (derived)" },
  emptyLatestIsNull: { older: true, newer: true, why: "get-latest-versions without a version gives [null] (derived)" },
  step32: { older: true, newer: true, why: "a step has 32 bits (unconfirmed)" },
  badPageTokenIs500: { older: true, newer: false, why: "a page token that is none: 500, else the first page" },
  ranges: { older: false, newer: true, why: "downloads take Range and give an ETag (unconfirmed)" },
  objectStorage: { older: true, newer: false, why: "downloads are a 302 to a signed address on another host" },
  tooLargeIs413: { older: false, newer: true, why: "too large a file is 413, else 400" },
  otherMethodIs405: { older: true, newer: true, why: "a known path with another method is 405 (unconfirmed)" },
  deleteCascades: { older: true, newer: true, why: "deleting an experiment or a model takes its runs (unconfirmed)" },
  graphqlRoots: { older: false, newer: true, why: "GraphQL has mlModel, mlExperiment and mlExperiments" },
  rateHeaders: { older: false, newer: true, why: "429 carries Retry-After and RateLimit-*" },
  rateIsJson: { older: false, newer: false, why: "429 is JSON (endpoint limit), else the throttle's text/plain" },
} as const satisfies Record<string, Choice>;

export type OptionName = keyof typeof choices;
export type Options = Record<OptionName, boolean>;
export type Variant = "older" | "newer";

export const isVariant = (text: string): text is Variant => text === "older" || text === "newer";
export const isOption = (text: string): text is OptionName => Object.hasOwn(choices, text);
export const optionNames = Object.keys(choices).filter(isOption);

/** A fresh set of options for the variant. */
export const optionsOf = (variant: Variant): Options => {
  const entries = optionNames.map((name) => [name, choices[name][variant]] as const);
  return Object.fromEntries(entries) as Options; // every name is in it: they come from the table itself
};
