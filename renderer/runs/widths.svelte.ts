const KEY = "outpost.run-widths.";

const isWidths = (raw: unknown): raw is Record<string, number> =>
  typeof raw === "object" && raw !== null && Object.values(raw).every((width) => typeof width === "number");

/** Widths that a person gave to columns of an experiment's table; they stay in this browser. */
export class WidthStore {
  #widths = $state.raw<Readonly<Record<string, number>>>({});
  readonly #key: string;

  constructor(experimentId: string) {
    this.#key = KEY + experimentId;
    try {
      const raw: unknown = JSON.parse(localStorage.getItem(this.#key) ?? "{}");
      if (isWidths(raw)) this.#widths = raw;
    } catch {
      // not ours: the usual widths
    }
  }

  get(id: string): number | undefined {
    return Object.hasOwn(this.#widths, id) ? this.#widths[id] : undefined;
  }

  /** Undefined: as wide as usual. */
  set(id: string, width: number | undefined): void {
    const { [id]: _before, ...others } = this.#widths;
    this.#widths = width === undefined ? others : { ...others, [id]: width };
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#widths));
    } catch {
      // a full or forbidden storage: the width lasts as long as the page
    }
  }
}
