/** Writes to what is there: fields of one group each time, and every one of them checked before anything is sent. */
import type { FieldChanges } from "../../../shared/sync/doc.ts";
import { RemoteError } from "../errors.ts";
import { type Ref, groupOf } from "../remote.ts";
import type { Asked } from "./api.ts";
import { holds } from "./holds.ts";
import { parseModelId, parseVersionId } from "./ids.ts";
import type { Registry } from "./registry.ts";
import { type Tracking, pairs } from "./tracking.ts";
import type { Tags } from "./wire.ts";

export interface Writer {
  /** @throws RemoteError `invalid` for what cannot be held, or not any more once the object is there */
  write(ref: Ref, changes: FieldChanges, asked?: Asked): Promise<void>;
}

type Group = ReturnType<typeof groupOf>;

/** What can still be changed once the object is there, of the fields without a group. */
const CHANGEABLE: Readonly<Record<Ref["kind"], readonly string[]>> = {
  experiment: [],
  run: ["status", "end_time"],
  registered_model: ["description"],
  model_version: ["description"],
};

const invalid = (why: string): RemoteError => new RemoteError("invalid", why);

const groupIn = (changes: FieldChanges): Group => {
  const [first, ...others] = new Set(Object.keys(changes).map(groupOf));
  if (first === undefined || others.length > 0) throw invalid("One call writes fields of one group.");
  return first;
};

const check = ({ kind }: Ref, group: Group, changes: FieldChanges): void => {
  for (const [field, value] of Object.entries(changes)) {
    const answer = value === null ? holds(kind, field, null, "set") : holds(kind, field, value, undefined);
    if (answer !== true) throw invalid(answer);
    if (group === "other" && !CHANGEABLE[kind].includes(field))
      throw invalid(`On GitLab the ${field} of a ${kind.replace("_", " ")} is set when it is created, and not later.`);
  }
};

/** The part of each name behind the group. */
const keyed = (changes: FieldChanges): Tags =>
  Object.fromEntries(
    Object.entries(changes).flatMap(([field, value]) =>
      value === null ? [] : [[field.slice(field.indexOf("/") + 1), value]],
    ),
  );

export const createWriter = (tracking: Tracking, registry: Registry): Writer => {
  const writeTags = async ({ kind, id }: Ref, tags: Tags, asked?: Asked): Promise<void> => {
    if (kind === "run") return tracking.logBatch(id, "tags", pairs(tags), asked);
    for (const [key, value] of Object.entries(tags))
      if (kind === "experiment") await tracking.tagExperiment(id, key, value, asked);
      else if (kind === "registered_model") await registry.tagModel(parseModelId(id), key, value, asked);
      else await registry.tagVersion(parseVersionId(id), key, value, asked);
  };

  const writeOthers = async ({ kind, id }: Ref, changes: FieldChanges, asked?: Asked): Promise<void> => {
    if (kind === "run") {
      const { status, end_time: end } = changes;
      const body = { ...(status && { status }), ...(end && { end_time: Number(end) }) };
      return tracking.updateRun(id, body, asked);
    }
    const description = changes["description"] ?? undefined;
    if (kind === "registered_model") return registry.describeModel(parseModelId(id), description, asked);
    if (description !== undefined) await registry.describeVersion(parseVersionId(id), description, asked);
  };

  return {
    write: async (ref, changes, asked) => {
      const group = groupIn(changes);
      check(ref, group, changes);
      if (group === "tag") return writeTags(ref, keyed(changes), asked);
      if (group === "other") return writeOthers(ref, changes, asked);
      const run = ref.kind === "model_version" ? await registry.runOf(parseVersionId(ref.id), asked) : ref.id;
      await tracking.logBatch(run, group === "param" ? "params" : "tags", pairs(keyed(changes)), asked);
    },
  };
};
