import type { Call } from "../../shared/api/client.ts";
import { deleteArtifacts, restoreTrash } from "../../shared/api/outpost/trash.ts";
import { m } from "../i18n/messages.ts";
import { ask } from "../lib/confirm.svelte.ts";
import { formatCount } from "../lib/format.ts";
import { toasts } from "../lib/toasts.svelte.ts";
import type { ArtifactSource } from "./source.ts";

type Chosen = readonly { readonly source: Pick<ArtifactSource, "place">; readonly paths: readonly string[] }[];

const undo = async (call: Call, ids: string[], reload: () => void): Promise<void> => {
  try {
    const { failed } = await call(restoreTrash, { trash_ids: ids });
    const [first] = failed;
    if (first) toasts.fail(m.artifacts_restore(), new Error(first.message));
  } catch (error) {
    toasts.fail(m.artifacts_restore(), error);
  }
  reload();
};

/** Asks, then moves files and folders to the trash; a toast brings them back. Whether they went. */
export const removeChosen = async (call: Call, chosen: Chosen, reload: () => void): Promise<boolean> => {
  const count = chosen.reduce((sum, { paths }) => sum + paths.length, 0);
  if (count === 0) return false;
  const only = count === 1 ? chosen[0]?.paths[0] : undefined;
  const question = {
    title:
      only === undefined
        ? m.artifacts_delete_title({ count, n: formatCount(count) })
        : m.artifacts_delete_one({ path: only }),
    text: m.artifacts_delete_text(),
    action: m.common_delete(),
    danger: true,
  };
  if (!(await ask(question))) return false;
  const ids: string[] = [];
  let files = 0;
  try {
    for (const { source, paths } of chosen) {
      const answer = await call(deleteArtifacts, { root: source.place, paths: [...paths] });
      ids.push(answer.trash_id);
      files += answer.files;
    }
  } catch (error) {
    toasts.fail(m.common_delete(), error);
  }
  reload();
  if (ids.length === 0) return false;
  toasts.say(m.artifacts_deleted({ count: files, n: formatCount(files) }), {
    action: { text: m.common_undo(), run: () => void undo(call, ids, reload) },
  });
  return true;
};
