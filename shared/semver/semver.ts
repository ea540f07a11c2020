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

export type Raise = "patch" | "minor" | "major";

/** The version after `highest` with one of its parts raised and no pre-release; the first is 1.0.0. */
export const raised = (highest: string | undefined, part: Raise): string => {
  const last = highest === undefined ? null : parse(highest);
  if (last === null) return "1.0.0";
  if (part === "major") return `${last.major + 1}.0.0`;
  return part === "minor"
    ? `${last.major}.${last.minor + 1}.0`
    : // a pre-release comes before its own version
      `${last.major}.${last.minor}.${last.prerelease.length > 0 ? last.patch : last.patch + 1}`;
};

export type SemverProblem = "empty" | "v" | "form" | "taken" | "long";
/** What is known of a semantic version that is typed: what is wrong with it, or whether it is below the highest. */
export type SemverCheck =
  { readonly problem: SemverProblem } | { readonly problem?: undefined; readonly lower: boolean };

const MAX_LENGTH = 255; // GitLab's

/** Checks a semantic version for a new model version against those that are there. */
export const checkSemver = (text: string, taken: readonly string[]): SemverCheck => {
  if (text === "") return { problem: "empty" };
  if (!isSemver(text)) return { problem: /^[v=]/i.test(text) && isSemver(text.slice(1)) ? "v" : "form" };
  if (text.length > MAX_LENGTH) return { problem: "long" };
  if (taken.includes(text)) return { problem: "taken" };
  return { lower: taken.some((other) => compareSemver(text, other) < 0) };
};
