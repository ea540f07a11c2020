import { SvelteSet } from "svelte/reactivity";

/** The chosen runs: by id, so that they stay chosen while rows come, go and sort anew; or all that match. */
export class RunSelection {
  readonly ids = new SvelteSet<string>();
  /** Every run that matches the filter, loaded or not. */
  everything = $state(false);
  #anchor: string | undefined;

  get size(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.everything || this.ids.has(id);
  }

  clear(): void {
    this.ids.clear();
    this.everything = false;
    this.#anchor = undefined;
  }

  /** One more or one less; the next range begins here. */
  toggle(id: string): void {
    this.everything = false;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.#anchor = id;
  }

  /** Everything between the last one toggled and this one, in the order shown. */
  extend(id: string, shown: readonly string[]): void {
    this.everything = false;
    const [from, to] = [shown.indexOf(this.#anchor ?? id), shown.indexOf(id)];
    if (to < 0) return;
    if (from < 0) return this.toggle(id);
    for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(one);
    this.#anchor ??= id;
  }

  /** From here on ranges begin. */
  anchor(id: string): void {
    this.#anchor ??= id;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.ids.add(id);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) this.ids.delete(id);
  }
}
