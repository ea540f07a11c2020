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

export interface Seals {
  /** Call it with a run whose end was just written; it answers at once and works later. */
  readonly onEnd: (run: Pick<RunRow, "id" | "uid" | "run_id">) => void;
  /** Waits for the seals of runs that have ended, `withinMs` at most: a script often ends just before its workstation. */
  readonly close: (withinMs: number) => Promise<void>;
}

export const createSeals = ({ writer, journal, digest, onError }: SealDeps): Seals => {
  const pending = new Set<Promise<void>>();

  const seal = async ({ id, uid, run_id: subject }: Pick<RunRow, "id" | "uid" | "run_id">): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 0)); // later than the commit that ends the run, this turn's end
    const text = Buffer.from(await digest(id)).toString();
    const after = Value.Parse(Digest, JSON.parse(text));
    await writer.write(caller, () => journal.record({ action: "run.metrics", kind: "run", uid, subject, after }));
  };

  return {
    onEnd: (run) => {
      const work = seal(run)
        .catch(onError)
        .finally(() => pending.delete(work));
      pending.add(work);
    },
    close: (withinMs) =>
      Promise.race([
        Promise.all(pending).then(() => undefined),
        new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref()),
      ]),
  };
};
