/**
 * Seals the metrics of ended runs: their points are not audited one by one, so after a run's end their count and digest
 * are computed beside the writer and become an audit row of their own.
 */
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { Journal } from "../store/journal.ts";
import type { RunRow } from "../store/runs.ts";
import type { Writer } from "../store/writer.ts";

const Digest = Type.Object({ points: Type.Integer(), sha256: Type.String() });

export interface SealDeps {
  readonly writer: Pick<Writer, "write">;
  readonly journal: Pick<Journal, "record">;
  /** Gives `{ points, sha256 }` of a run's points as JSON text or its bytes. */
  readonly digest: (run: number) => string | Promise<string | Uint8Array>;
  readonly onError: (error: unknown) => void;
}

const caller = { actor: "outpost", surface: "host" };

/** Call the result with a run whose end was just written; it answers at once and works later. */
export const createSeal =
  ({ writer, journal, digest, onError }: SealDeps) =>
  (run: Pick<RunRow, "id" | "uid" | "run_id">): void => {
    const seal = async (): Promise<void> => {
      const text = Buffer.from(await digest(run.id)).toString();
      const after = Value.Parse(Digest, JSON.parse(text));
      const { uid, run_id: subject } = run;
      await writer.write(caller, () => journal.record({ action: "run.metrics", kind: "run", uid, subject, after }));
    };
    // Later than the commit that ends the run, which is at the end of this turn.
    setTimeout(() => void seal().catch(onError), 0);
  };
