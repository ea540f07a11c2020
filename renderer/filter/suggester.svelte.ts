import type { Call } from "../../shared/api/client.ts";
import { listKeys, listValues } from "../../shared/api/outpost/completion.ts";
import { contextAt } from "./context.ts";
import { type Item, suggest, type Source } from "./suggestions.ts";

const PAUSE_MS = 80;
const MAX_KEYS = 30;

/** Suggestions for the caret: asked after a pause in typing, older questions are cancelled. */
export class Suggester {
  items = $state.raw<readonly Item[]>([]);
  error = $state.raw<Error>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: AbortController | undefined;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Lists what fits at the caret, of one experiment or of all. */
  ask = (text: string, caret: number, experimentId: string | undefined): void => {
    this.stop();
    this.#timer = setTimeout(() => void this.#load(text, caret, experimentId), PAUSE_MS);
  };

  /** Forgets what was asked and what was found. */
  clear = (): void => {
    this.stop();
    this.items = [];
    this.error = undefined;
  };

  stop = (): void => {
    clearTimeout(this.#timer);
    this.#controller?.abort();
  };

  #source(experimentId: string | undefined, signal: AbortSignal): Source {
    const where = { max_results: MAX_KEYS, ...(experimentId !== undefined && { experiment_id: experimentId }) };
    return {
      keys: async (kind, text) => (await this.#call(listKeys, { ...where, kind, text }, signal)).keys,
      values: async (kind, key, text) => (await this.#call(listValues, { ...where, kind, key, text }, signal)).values,
    };
  }

  async #load(text: string, caret: number, experimentId: string | undefined): Promise<void> {
    const controller = (this.#controller = new AbortController());
    try {
      const items = await suggest(contextAt(text, caret), this.#source(experimentId, controller.signal), Date.now());
      if (controller.signal.aborted) return;
      this.items = items;
      this.error = undefined;
    } catch (error) {
      if (controller.signal.aborted) return;
      this.items = [];
      this.error = error instanceof Error ? error : new Error(String(error));
    }
  }
}
