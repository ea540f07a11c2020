/** What can be done about a conflict, and the text that a merge begins with. */
import type { SyncConflict } from "../../shared/api/outpost/sync.ts";
import { m } from "../i18n/messages.ts";
import { diffWords } from "./word-diff.ts";

type Sides = Pick<SyncConflict, "base" | "local" | "remote_value">;

/**
 * The text a merge begins with. Where only one side added to the text of the other, that is the whole of both; else
 * both stand one after the other, for a person to make one of.
 */
export const mergeDraft = ({ local, remote_value }: Sides): string => {
  const [here, there] = [local ?? "", remote_value ?? ""];
  const pieces = diffWords(here, there);
  if (!pieces.some(({ change }) => change === "removed")) return there;
  if (!pieces.some(({ change }) => change === "added")) return here;
  return `${here.trimEnd()}\n\n${there.trimEnd()}`;
};

const FIELDS: Readonly<Record<string, () => string>> = {
  description: m.sync_field_description,
  name: m.sync_field_name,
  semver: m.sync_field_semver,
  status: m.sync_field_status,
  end_time: m.sync_field_end_time,
  stage: m.sync_field_stage,
};
const PREFIXES: Readonly<Record<string, (inputs: { key: string }) => string>> = {
  tag: m.sync_field_tag,
  run_tag: m.sync_field_tag,
  param: m.sync_field_param,
  alias: m.sync_field_alias,
  file: m.sync_field_file,
};

/** `tag/team` → "Tag team"; a field that this page does not know keeps its name. */
export const fieldText = (field: string): string => {
  const at = field.indexOf("/");
  if (at < 0) return FIELDS[field]?.() ?? field;
  if (field === "tag/mlflow.note.content") return m.sync_field_note();
  return PREFIXES[field.slice(0, at)]?.({ key: field.slice(at + 1) }) ?? field;
};

/** The ways that settle something: leaving a field open is what not choosing does. */
export const waysOf = ({ field, choices }: Pick<SyncConflict, "field" | "choices">): readonly string[] =>
  field === "semver" ? choices : choices.filter((choice) => choice !== "skip");

/** What a way to settle is called on its button. */
const CHOICES: Readonly<Record<string, () => string>> = {
  local: m.sync_take_here,
  remote: m.sync_take_there,
  merged: m.sync_take_merged,
  next_patch: m.sync_take_next_patch,
  pre_release: m.sync_take_pre_release,
  skip: m.sync_take_skip,
};
export const choiceText = (choice: string): string => CHOICES[choice]?.() ?? choice;

/** The same, with the number that a version would get: a person decides about the number, not about a rule. */
export const choiceWithNumber = (choice: string, numbers: SyncConflict["numbers"]): string => {
  const number = numbers.find((one) => one.choice === choice)?.number;
  if (number === undefined) return choiceText(choice);
  return choice === "pre_release" ? m.sync_take_pre_release_as({ number }) : m.sync_take_next_patch_as({ number });
};

/** The conflict before and after this one, in the list's order. */
export const neighbours = (
  list: readonly Pick<SyncConflict, "id">[],
  id: number,
): { previous: number | undefined; next: number | undefined } => {
  const at = list.findIndex((one) => one.id === id);
  return { previous: list[at - 1]?.id, next: at < 0 ? list[0]?.id : list[at + 1]?.id };
};
