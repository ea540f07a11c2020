/**
 * Semantic versions of model versions: semver 2.0.0 with pre-release and build, no leading "v". The rules are the
 * `semver` package's; it needs nothing of Node, so the interface uses this module too.
 */
import compareBuild from "semver/functions/compare-build.js";
import parse from "semver/functions/parse.js";

/** The tag that sets a version's semver, as GitLab reads it. Source: GitLab, app/services/ml/create_model_version_service.rb */
export const SEMVER_TAG = "gitlab.version";

const LEADING_DIGIT = /^\d/; // the package also takes "v1.2.3" and "=1.2.3"

/** Whether `text` is a semantic version, to the letter. */
export const isSemver = (text: string): boolean =>
  LEADING_DIGIT.test(text) && text.trim() === text && parse(text) !== null;

/** Ascending by precedence; builds of one version come in the order of their names. */
export const compareSemver = (a: string, b: string): number => compareBuild(a, b);

/** The version after `highest`: patch + 1, pre-release and build kept, as GitLab does; the first is 1.0.0. */
export const nextSemver = (highest: string | undefined): string => {
  const last = highest === undefined ? null : parse(highest);
  if (last === null) return "1.0.0";
  const prerelease = last.prerelease.length > 0 ? `-${last.prerelease.join(".")}` : "";
  const build = last.build.length > 0 ? `+${last.build.join(".")}` : "";
  return `${last.major}.${last.minor}.${last.patch + 1}${prerelease}${build}`;
};
