export type ActivityState = "running" | "paused" | "done" | "failed" | "cancelled";

export interface ActivityOptions {
  readonly title: string;
  readonly total?: number;
  readonly unit?: "bytes" | "count";
  readonly cancel?: boolean; // it can be cancelled: its work heeds `signal`
  readonly pause?: boolean; // it can be paused: its work waits for `whenRunning`
}

const MAX_LOG = 500;
const MAX_ENDED = 50;

/** One piece of long work as the tray shows it. */
export class Activity {
  readonly id: number;
  readonly title: string;
  readonly unit: "bytes" | "count";
  readonly canCancel: boolean;
  readonly canPause: boolean;
  state = $state<ActivityState>("running");
  reached = $state(0);
  total = $state<number>();
  lines = $state.raw<readonly string[]>([]);
  text = $state<string>();
  href = $state<string>();
  error = $state.raw<Error>();
  readonly #controller = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(id: number, { title, total, unit = "count", cancel = false, pause = false }: ActivityOptions) {
    this.id = id;
    this.title = title;
    this.total = total;
    this.unit = unit;
    this.canCancel = cancel;
    this.canPause = pause;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  get isOver(): boolean {
    return this.state !== "running" && this.state !== "paused";
  }
  get paused(): boolean {
    return this.state === "paused";
  }

  progress(done: number, total = this.total): void {
    this.reached = done;
    this.total = total;
  }

  log(line: string): void {
    this.lines = [...this.lines, line].slice(-MAX_LOG);
  }

  done({ text, href }: { text?: string; href?: string } = {}): void {
    if (this.isOver) return;
    this.text = text;
    this.href = href;
    this.state = "done";
  }

  /** Ended by an error; the one that a cancel causes counts as cancelled. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.error = error instanceof Error ? error : new Error(String(error));
    this.log(this.error.message);
    this.state = "failed";
  }

  cancel(): void {
    if (this.isOver) return;
    this.state = "cancelled";
    this.#controller.abort();
    this.#wake();
  }

  pause(): void {
    if (this.state === "running") this.state = "paused";
  }

  resume(): void {
    if (this.state !== "paused") return;
    this.state = "running";
    this.#wake();
  }

  /** Resolves at once, or when a paused activity goes on (or ends). */
  whenRunning(): Promise<void> {
    return this.state === "paused" ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The long work of this tab, the newest first. */
class Activities {
  all = $state.raw<readonly Activity[]>([]);
  #next = 1;

  start(options: ActivityOptions): Activity {
    const one = new Activity(this.#next++, options);
    const ended = this.all.filter(({ isOver }) => isOver).slice(0, MAX_ENDED);
    this.all = [one, ...this.all.filter((other) => !other.isOver || ended.includes(other))];
    return one;
  }

  clearEnded(): void {
    this.all = this.all.filter(({ isOver }) => !isOver);
  }
}

export const activity = new Activities();
