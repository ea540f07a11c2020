/** Aliases that name a version which is here only: they stay with it, and go once it is there. */
import type { LocalDoc } from "../../shared/sync/doc.ts";
import type { SyncState } from "../../shared/sync/state.ts";
import type { SyncObjectRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { fieldOf } from "./fields.ts";
import type { LocalRef } from "./local.ts";

const STAYS: ReadonlySet<SyncState> = new Set(["excluded", "blocked"]);
const ALIAS = "alias/";

/** Whether it is kept here, or was deleted there. */
const isHereOnly = ({ state, remote_id }: SyncObjectRow): boolean =>
  state === "remote_gone" || (remote_id === null && STAYS.has(state));

/** Fields of a model that no merge touches for now. */
export const heldAliases = (
  { local, state, row }: Pick<SyncContext, "local" | "state" | "row">,
  doc: LocalDoc,
): ReadonlySet<string> => {
  const held = new Set<string>();
  if (doc.kind !== "registered_model") return held;
  for (const [field, semver] of Object.entries(doc.fields)) {
    if (!field.startsWith(ALIAS)) continue;
    const uid = local.findByName("model_version", semver, doc.uid);
    const version = uid === undefined ? undefined : state.objects.find(row.id, { kind: "model_version", uid });
    if (version && isHereOnly(version)) held.add(field);
  }
  return held;
};

/** A version got there: a model with aliases of it that are not is compared anew. Inside a write. */
export const releaseAliases = ({ local, state, row }: SyncContext, { kind, parent, fields }: LocalDoc): void => {
  if (kind !== "model_version" || parent === null) return;
  const ref: LocalRef = { kind: "registered_model", uid: parent };
  const [model, known] = [local.read(ref), state.objects.find(row.id, ref)];
  if (!model || known?.state !== "done" || !known.base) return;
  const { base } = known;
  const waits = Object.entries(model.fields).find(
    ([field, semver]) =>
      field.startsWith(ALIAS) && semver === fields["semver"] && fieldOf(base.fields, field) !== semver,
  );
  if (waits) state.objects.setState(row.id, ref, "queued", `${waits[0]} is not there yet`);
};
