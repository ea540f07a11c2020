/** What people do to models and versions, each with its way back where there is one. */
import type { Call } from "../../shared/api/client.ts";
import { deleteModelVersion } from "../../shared/api/mlflow/model-versions.ts";
import { deleteRegisteredModel } from "../../shared/api/mlflow/registered-models.ts";
import { restoreTrash } from "../../shared/api/outpost/trash.ts";
import { m } from "../i18n/messages.ts";
import { toasts } from "../lib/toasts.svelte.ts";

/** Runs what may fail and says so in words. True when it succeeded. */
export const attempt = async (what: string, act: () => Promise<unknown>): Promise<boolean> => {
  try {
    await act();
    return true;
  } catch (error) {
    toasts.fail(what, error);
    return false;
  }
};

/** Brings a thing back from the trash; what stands in the way is said. */
const restore = (call: Call, trashId: string, name: string): void =>
  void attempt(m.models_undo_of({ name }), async () => {
    const { failed } = await call(restoreTrash, { trash_ids: [trashId] });
    const [failure] = failed;
    if (failure) throw new Error(failure.message);
    toasts.say(m.models_restored({ name }));
  });

const sayDeleted = (call: Call, trashId: string, name: string): void =>
  toasts.say(m.models_deleted({ name }), {
    action: { text: m.common_undo(), run: () => restore(call, trashId, name) },
  });

/** Moves a model with its versions to the trash and offers the way back. */
export const trashModel = (call: Call, { uid, name }: { uid: string; name: string }): Promise<boolean> =>
  attempt(m.models_delete_of({ name }), async () => {
    await call(deleteRegisteredModel, { name });
    sayDeleted(call, `registered_model:${uid}`, name);
  });

/** Moves a version to the trash and offers the way back. */
export const trashVersion = (
  call: Call,
  name: string,
  { uid, version, semver }: { uid: string; version: string; semver: string },
): Promise<boolean> =>
  attempt(m.models_delete_of({ name: `${name} ${semver}` }), async () => {
    await call(deleteModelVersion, { name, version });
    sayDeleted(call, `model_version:${uid}`, `${name} ${semver}`);
  });
