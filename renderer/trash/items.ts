import type { TrashItem, TrashKind } from "../../shared/api/outpost/trash.ts";
import { m } from "../i18n/messages.ts";
import { formatCount } from "../lib/format.ts";

const NOTE = "mlflow.note.content";

const kinds: Record<TrashKind, () => string> = {
  experiment: m.trash_kind_experiment,
  run: m.trash_kind_run,
  logged_model: m.trash_kind_logged_model,
  registered_model: m.trash_kind_registered_model,
  model_version: m.trash_kind_model_version,
  artifacts: m.trash_kind_artifacts,
  tags: m.trash_kind_tags,
  aliases: m.trash_kind_aliases,
  texts: m.trash_kind_texts,
  saved_view: m.trash_kind_saved_view,
};
export const TRASH_KIND_WORDS = Object.entries(kinds) as [TrashKind, () => string][];
export const kindOf = ({ kind }: Pick<TrashItem, "kind">): string => kinds[kind]();

/** What went with a thing, or how many files there are beside the one named. */
export const partsOf = ({ kind, parts }: Pick<TrashItem, "kind" | "parts">): string => {
  const count = kind === "artifacts" ? parts - 1 : parts;
  if (count < 1) return "";
  if (kind === "tags" && count === 1) return "";
  const input = { count, n: formatCount(count) };
  if (kind === "experiment") return m.trash_with_runs(input);
  if (kind === "registered_model") return m.trash_with_versions(input);
  if (kind === "tags") return m.trash_on_runs(input);
  return kind === "artifacts" ? m.trash_more_files(input) : "";
};

/** What a thing is called here: a version's number says little without its model. */
export const nameOf = ({ kind, name, place }: Pick<TrashItem, "kind" | "name" | "place">): string => {
  if (kind === "model_version" && place !== null) return `${place} ${name}`;
  if (kind === "tags" && name === NOTE) return m.trash_note();
  return kind === "texts" ? m.trash_kind_texts() : name;
};

/** What was removed said: of an alias, where it pointed. */
export const valueOf = ({ kind, value }: Pick<TrashItem, "kind" | "value">): string =>
  value === null ? "" : kind === "aliases" ? m.trash_pointed_to({ version: value }) : value;

/** Whether something has to be asked before it comes back. */
export const needsAsking = (item: Pick<TrashItem, "can_overwrite" | "restore_first">): boolean =>
  item.can_overwrite || item.restore_first !== null;
