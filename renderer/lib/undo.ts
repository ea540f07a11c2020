/** The way back from the trash, right where something was taken away. */
import type { Call } from "../../shared/api/client.ts";
import { restoreTrash, type TrashFailure } from "../../shared/api/outpost/trash.ts";
import { m } from "../i18n/messages.ts";
import { ask } from "./confirm.svelte.ts";
import { toasts } from "./toasts.svelte.ts";

const restore = async (call: Call, ids: readonly string[], overwrite = false): Promise<TrashFailure | undefined> =>
  (await call(restoreTrash, { trash_ids: [...ids], ...(overwrite && { overwrite }) })).failed[0];

/**
 * Brings a value back; whether it came. Asks before it writes over what took its place, or brings back first what it
 * belongs to. @throws Error saying why it cannot come back
 */
export const bringBack = async (call: Call, trashId: string, name: string): Promise<boolean> => {
  let failure = await restore(call, [trashId]);
  const first = failure?.restore_first ?? null;
  if (failure && first !== null) {
    const question = { title: m.trash_first_title({ name }), text: failure.message, action: m.trash_restore_both() };
    if (!(await ask(question))) return false;
    failure = (await restore(call, [first])) ?? (await restore(call, [trashId]));
  }
  if (failure?.can_overwrite) {
    const text = `${failure.message}. ${m.trash_overwrite_text()}`;
    if (!(await ask({ title: m.trash_overwrite_title({ name }), text, action: m.trash_overwrite() }))) return false;
    failure = await restore(call, [trashId], true);
  }
  if (failure) throw new Error(failure.message);
  return true;
};

/** Says what was taken away and offers to undo that. */
export const offerUndo = (
  call: Call,
  text: string,
  { trash_id, name, onback }: { trash_id: string | null; name: string; onback: () => void },
): void => {
  const undo = async (): Promise<void> => {
    try {
      if (trash_id !== null && (await bringBack(call, trash_id, name))) onback();
    } catch (error) {
      toasts.fail(m.trash_restore_failed({ name }), error);
    }
  };
  toasts.say(text, {
    action: trash_id === null ? undefined : { text: m.common_undo(), run: () => void undo() },
  });
};

/** After a change: where it took the place of something, says so and offers that back. */
export const offerOld = (
  call: Call,
  kept: { trash_id: string | null },
  { name, onback }: { name: string; onback: () => void },
): void => {
  if (kept.trash_id !== null) offerUndo(call, m.trash_replaced({ name }), { ...kept, name, onback });
};
