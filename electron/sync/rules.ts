/** Which objects may leave for a remote: its classification ceiling and the tags that it asks for. */
import type { LocalDoc, SyncKind } from "../../shared/sync/doc.ts";
import { classifications } from "../../shared/sync/state.ts";
import type { Condition } from "./context.ts";
import { fieldOf } from "./fields.ts";

export const CLASSIFICATION_TAG = "classification";

const NOUNS: Readonly<Record<SyncKind, string>> = {
  experiment: "experiment",
  run: "run",
  registered_model: "registered model",
  model_version: "model version",
};
export const nounOf = (kind: SyncKind): string => NOUNS[kind];

const tagOf = (doc: LocalDoc, key: string): string | undefined => {
  const value = fieldOf(doc.fields, `tag/${key}`)?.trim();
  return value === "" ? undefined : value;
};

/** A class that nobody knows is above every ceiling. */
const rankOf = (name: string): number => {
  const rank = classifications.findIndex((one) => one === name.toLowerCase());
  return rank < 0 ? classifications.length : rank;
};

/** Where an object's class comes from: its own tag, else what it inherits. */
interface Classified {
  readonly name: string;
  readonly from: LocalDoc;
}

/**
 * What an object says of itself goes before what it inherits, but never below it: a run of a secret experiment is
 * secret, whatever its own tag says, unless it says something higher.
 */
const classesOf = (doc: LocalDoc, ancestors: readonly LocalDoc[]): readonly Classified[] =>
  [doc, ...ancestors].flatMap((from) => {
    const name = tagOf(from, CLASSIFICATION_TAG);
    return name === undefined ? [] : [{ name, from }];
  });

/** The highest class that an object has or inherits. */
export const classOf = (doc: LocalDoc, ancestors: readonly LocalDoc[]): string | undefined =>
  classesOf(doc, ancestors)
    .toSorted((a, b) => rankOf(b.name) - rankOf(a.name))[0]
    ?.name.toLowerCase();

const howTo = (doc: LocalDoc): string =>
  `Set the tag '${CLASSIFICATION_TAG}' of the ${nounOf(doc.kind)}${
    doc.kind === "run" ? " or of its experiment" : doc.kind === "model_version" ? " or of its model" : ""
  } to ${classifications.join(", ")}.`;

/** With a ceiling, only what says that it is at or below it may leave. */
export const ceiling: Condition = (doc, ancestors, row) => {
  if (row.class_max === null) return undefined;
  const classes = classesOf(doc, ancestors);
  const [highest] = classes.toSorted((a, b) => rankOf(b.name) - rankOf(a.name));
  if (!highest) return `It has no classification, and ${row.name} takes '${row.class_max}' at most. ${howTo(doc)}`;
  const limit = classifications.findIndex((one) => one === row.class_max);
  if (rankOf(highest.name) <= limit) return undefined; // a ceiling that is no class lets nothing through
  const whose = highest.from === doc ? "It is" : `Its ${nounOf(highest.from.kind)} '${highest.from.label}' is`;
  return rankOf(highest.name) < classifications.length
    ? `${whose} classified '${highest.name}', and ${row.name} takes '${row.class_max}' at most.`
    : `${whose} classified '${highest.name}', which is none of ${classifications.join(", ")}. ${howTo(doc)}`;
};

/** Tags that every object, or what it belongs to, has to have. */
export const requiredTags: Condition = (doc, ancestors, row) => {
  const missing = row.required_tags.filter((key) => [doc, ...ancestors].every((one) => tagOf(one, key) === undefined));
  if (missing.length === 0) return undefined;
  const names = missing.map((key) => `'${key}'`).join(", ");
  return `${row.name} asks for the ${missing.length === 1 ? "tag" : "tags"} ${names}, which it does not have. Set ${
    missing.length === 1 ? "it" : "them"
  } on the ${nounOf(doc.kind)} or on what it belongs to.`;
};

export const conditions: readonly Condition[] = [ceiling, requiredTags];

/** The first reason why it has to stay, or undefined. */
export const keptBy = (
  all: readonly Condition[],
  doc: LocalDoc,
  ancestors: readonly LocalDoc[],
  row: Parameters<Condition>[2],
): string | undefined => {
  for (const condition of all) {
    const why = condition(doc, ancestors, row);
    if (why !== undefined) return why;
  }
  return undefined;
};
