/** Fields on their way to a remote: by group, in batches, each sent once; what is refused for what it says is told. */
import type { FieldChanges, SyncKind } from "../../shared/sync/doc.ts";
import { groupOf, type Ref, type RemoteObject } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";
import { perform } from "./effect.ts";
import { fieldOf } from "./fields.ts";
import type { LocalRef } from "./local.ts";
import { bisect, type Refused } from "./refusals.ts";
import { noteWritten } from "./said.ts";

type Change = readonly [field: string, value: string | null];

/** `early`: before points and files; `late`: how a run ended, after all of it; `alias`: once the versions are there. */
export type Stage = "early" | "late" | "alias";

const LATE: Readonly<Partial<Record<SyncKind, ReadonlySet<string>>>> = { run: new Set(["status", "end_time"]) };

export const stageOf = (kind: SyncKind, field: string): Stage => {
  if (groupOf(field) === "alias") return "alias";
  return LATE[kind]?.has(field) === true ? "late" : "early";
};

/** In the order in which the groups go out. */
const GROUPS = ["param", "run_tag", "tag", "other", "alias"] as const;

const isSaid = (object: RemoteObject, [field, value]: Change): boolean =>
  (fieldOf(object.fields, field) ?? null) === value;

interface Writing {
  readonly ctx: SyncContext;
  readonly ref: LocalRef;
  readonly remoteRef: Ref;
  /** What it says with these fields, when they are a note. */
  readonly noted: FieldChanges;
}

const sendBatch = async ({ ctx, ref, remoteRef, noted }: Writing, batch: readonly Change[]): Promise<void> => {
  const [first] = batch;
  let missing = batch;
  await perform<null>(ctx, {
    ref,
    step: `write/${first ? groupOf(first[0]) : "none"}`,
    detail: { changes: Object.fromEntries(batch), noted },
    send: async () => {
      await ctx.remote.write(remoteRef, Object.fromEntries(missing), ctx.signal);
      return null;
    },
    look: async () => {
      const object = await ctx.remote.read(remoteRef, ctx.signal);
      missing = object ? batch.filter((change) => !isSaid(object, change)) : batch;
      return missing.length === 0 ? { value: null, twins: [] } : undefined;
    },
    settle: () => noteWritten(ctx, ref, Object.fromEntries(batch), noted),
  });
};

/** Writes the changes of one stage. Returns those that the remote refuses. */
export const writeFields = async (
  ctx: SyncContext,
  ref: LocalRef,
  remoteRef: Ref,
  {
    changes,
    stage,
    noted = {},
  }: { readonly changes: FieldChanges; readonly stage: Stage; readonly noted?: FieldChanges },
): Promise<readonly Refused<Change>[]> => {
  const all = Object.entries(changes).filter(([field]) => stageOf(ref.kind, field) === stage);
  const refused: Refused<Change>[] = [];
  for (const group of GROUPS) {
    const ofGroup = all.filter(([field]) => groupOf(field) === group);
    for (let at = 0; at < ofGroup.length; at += ctx.remote.limits.batch) {
      const batch = ofGroup.slice(at, at + ctx.remote.limits.batch);
      refused.push(...(await bisect(batch, (part) => sendBatch({ ctx, ref, remoteRef, noted }, part))));
    }
  }
  return refused;
};
