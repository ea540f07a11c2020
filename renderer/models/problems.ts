/** What is wrong with a name that is typed, in words. */
import type { AliasProblem, NameProblem, TagKeyProblem } from "../../shared/registry/names.ts";
import type { SemverProblem } from "../../shared/semver/semver.ts";
import { m } from "../i18n/messages.ts";

export const nameProblems: Readonly<Record<NameProblem, () => string>> = {
  empty: m.models_problem_empty,
  separator: m.models_problem_separator,
  dots: m.models_problem_dots,
  nul: m.models_problem_nul,
  long: m.models_problem_long,
};
export const aliasProblems: Readonly<Record<AliasProblem, () => string>> = {
  empty: m.models_problem_empty,
  semver: m.models_problem_alias_semver,
  characters: m.models_problem_alias_characters,
  long: m.models_problem_long,
  latest: m.models_problem_alias_latest,
  number: m.models_problem_alias_number,
};
export const keyProblems: Readonly<Record<TagKeyProblem, () => string>> = {
  empty: m.models_problem_empty,
  characters: m.models_problem_key_characters,
  path: m.models_problem_key_path,
  long: m.models_problem_long,
};
export const semverProblems: Readonly<Record<SemverProblem, () => string>> = {
  empty: m.models_problem_empty,
  v: m.models_problem_semver_v,
  form: m.models_problem_semver_form,
  taken: m.models_problem_semver_taken,
  long: m.models_problem_long,
};
