/** What a kind of long work is: its input, how it runs, and what it may ask of who runs it. */
import type { Static, TObject } from "typebox";
import { compileBody } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";

/** What a job is at just now: its name, and how much of it is done, where that is known. */
export interface JobAt {
  readonly name: string;
  readonly bytes: number;
}

/** What a job is given while it runs. */
export interface JobContext {
  readonly signal: AbortSignal;
  /** Runs a write in the next commit, in the name of who started the job. */
  readonly write: <T>(job: () => T) => Promise<T>;
  /** `total`: left out it stays, null takes it back. `at` is shown while the job runs, and not kept. */
  readonly progress: (done: number, total?: number | null, at?: JobAt) => void;
  readonly log: (line: string) => void;
  /**
   * Between two pieces of work: lets others have the thread and waits while the job is paused.
   * @throws JobCancelled when it was cancelled.
   */
  readonly turn: () => Promise<void>;
}

/** A thing that a job did not do, and why. */
export interface JobProblem {
  readonly what: string;
  readonly why: string;
}

export interface JobResult {
  readonly text?: string;
  readonly href?: string; // a route of the page, with its '#'
  /** Counts by name; the page has words for the names. */
  readonly facts?: Readonly<Record<string, number>>;
  readonly problems?: readonly JobProblem[];
}

/** How a job ends that was cancelled. A DomainError, so that nobody on the way takes it for a fault of one file. */
export class JobCancelled extends DomainError {
  constructor() {
    super("unavailable", "The job was cancelled");
    this.name = "JobCancelled";
  }
}

export interface JobDeclaration<Input extends TObject> {
  readonly kind: string;
  readonly input: Input;
  readonly unit?: "count" | "bytes";
  readonly canPause?: boolean;
  /** In English; the page has words of its own for each kind, around `subject`. */
  readonly title: (input: Static<Input>) => string;
  /** What it works on: a path, a number. */
  readonly subject?: (input: Static<Input>) => string;
  readonly run: (context: JobContext, input: Static<Input>) => Promise<JobResult>;
}

/** A kind of job whose input is plain data: it can be started again from its row. */
export interface JobKind {
  readonly kind: string;
  readonly unit: "count" | "bytes";
  readonly canPause: boolean;
  /** @throws DomainError `invalid` for input of another form. */
  readonly prepare: (raw: unknown) => {
    readonly title: string;
    readonly subject: string;
    readonly run: (context: JobContext) => Promise<JobResult>;
  };
}

/** Declares a kind of job. */
export const defineJob = <Input extends TObject>(declared: JobDeclaration<Input>): JobKind => {
  const read = compileBody(declared.input);
  return {
    kind: declared.kind,
    unit: declared.unit ?? "count",
    canPause: declared.canPause ?? true,
    prepare: (raw) => {
      const input = read(raw);
      return {
        title: declared.title(input),
        subject: declared.subject?.(input) ?? "",
        run: (context) => declared.run(context, input),
      };
    },
  };
};
