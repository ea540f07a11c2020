/** A question before something that matters; `Confirm.svelte` shows it. */
export interface Question {
  readonly title: string;
  readonly text?: string;
  readonly action: string; // what the button says: a verb
  readonly danger?: boolean;
}

class Asked {
  question = $state.raw<Question>();
  #answer: ((yes: boolean) => void) | undefined;

  ask(question: Question): Promise<boolean> {
    this.answer(false); // a newer question takes the place of an open one
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.#answer?.(yes);
    this.#answer = undefined;
    this.question = undefined;
  }
}

export const asked = new Asked();

/** Asks and resolves with true when the action was chosen, false for cancel, Escape or a newer question. */
export const ask = (question: Question): Promise<boolean> => asked.ask(question);
