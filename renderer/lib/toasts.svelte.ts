import { m } from "../i18n/messages.ts";
import { activity } from "./activity.svelte.ts";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "bad";
  readonly action?: { readonly text: string; readonly run: () => void } | undefined;
}

const SHOWN_MS = 8000;
/** With a way back: whoever reads slowly, or comes by keyboard, still gets there (WCAG 2.2, 2.2.1). */
const OFFERED_MS = 20_000;
const HELD_MS = 2000;
const MOST = 4;

/** Short messages at the foot of the page. What must not be missed has a place of its own as well. */
class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #next = 1;
  /** Whether somebody is at them, by pointer or by keyboard: none goes away meanwhile. */
  isHeld: () => boolean = () => false;

  /** Says what was done, perhaps with the way back. */
  say(text: string, { action }: { action?: Toast["action"] } = {}): void {
    this.#show({ id: this.#next++, text, tone: "plain", action });
  }

  /** Says what failed and keeps it in Activity: a message that goes away must not be the only one. */
  fail(what: string, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    activity.start({ title: what }).fail(reason);
    this.#show({ id: this.#next++, text: `${m.common_could_not({ what })}: ${reason.message}`, tone: "bad" });
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  #show(toast: Toast): void {
    this.shown = [...this.shown, toast].slice(-MOST);
    this.#hideAfter(toast.id, toast.action ? OFFERED_MS : SHOWN_MS);
  }

  #hideAfter(id: number, ms: number): void {
    setTimeout(() => (this.isHeld() ? this.#hideAfter(id, HELD_MS) : this.dismiss(id)), ms);
  }
}

export const toasts = new Toasts();
