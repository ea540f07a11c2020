import type { Call } from "../../shared/api/client.ts";
import { find, type FindRow } from "../../shared/api/outpost/find.ts";

const PAUSE_MS = 120;

/** What the server finds for the text in the palette: asked after a pause in typing, older questions are cancelled. */
export class Finder {
  rows = $state.raw<readonly FindRow[]>([]);
  /** What `rows` were found for. */
  text = $state("");
  behind = $state(0);
  error = $state.raw<Error>();
  loading = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: AbortController | undefined;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Looks for the text; the rows before stay until the new ones are there. */
  look = (text: string): void => {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    if (text === "") {
      this.rows = [];
      this.text = "";
      this.error = undefined;
      this.loading = false;
      return;
    }
    this.loading = true;
    this.#timer = setTimeout(() => void this.#ask(text), PAUSE_MS);
  };

  stop = (): void => this.look("");

  async #ask(text: string): Promise<void> {
    const controller = (this.#controller = new AbortController());
    try {
      const answer = await this.#call(find, { text }, controller.signal);
      if (controller.signal.aborted) return;
      this.rows = answer.rows;
      this.behind = answer.behind;
      this.text = text;
      this.error = undefined;
    } catch (error) {
      if (controller.signal.aborted) return;
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.loading = false;
  }
}
