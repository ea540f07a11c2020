import type { Call } from "../../shared/api/client.ts";
import type { ExperimentNode } from "../../shared/api/outpost/experiment-tree.ts";
import { m } from "../i18n/messages.ts";
import { ask } from "../lib/confirm.svelte.ts";
import { formatCount } from "../lib/format.ts";
import { toasts } from "../lib/toasts.svelte.ts";
import { createChanges, type Changes } from "./changes.ts";

type Named = Pick<ExperimentNode, "experiment_id" | "name">;

/** What the list's menus do; `done` is called when something has changed. */
class Actions {
  renaming = $state.raw<Named>();
  tagging = $state.raw<ExperimentNode>();
  readonly changes: Changes;
  readonly #done: () => void;

  constructor(call: Call, done: () => void) {
    this.changes = createChanges(call);
    this.#done = done;
  }

  rename = async ({ experiment_id }: Named, name: string): Promise<void> => {
    await this.changes.rename(experiment_id, name);
    this.#done();
  };

  /** To the trash, with the way back. Gives whether it was done. */
  remove = async ({ experiment_id, name }: Named, runs: number): Promise<boolean> => {
    const yes = await ask({
      title: m.experiments_delete_title({ name }),
      text: m.experiments_delete_text({ count: runs, n: formatCount(runs) }),
      action: m.common_delete(),
      danger: true,
    });
    if (!yes) return false;
    try {
      await this.changes.remove(experiment_id);
    } catch (error) {
      toasts.fail(m.experiments_deleting({ name }), error);
      return false;
    }
    this.#done();
    const undo = { text: m.common_undo(), run: () => void this.#restore({ experiment_id, name }) };
    toasts.say(m.experiments_deleted({ name }), { action: undo });
    return true;
  };

  async #restore({ experiment_id, name }: Named): Promise<void> {
    try {
      await this.changes.restore(experiment_id, name);
      this.#done();
      toasts.say(m.experiments_restored({ name }));
    } catch (error) {
      toasts.fail(m.experiments_restoring({ name }), error);
    }
  }
}

export type { Actions };
export const createActions = (call: Call, done: () => void): Actions => new Actions(call, done);
