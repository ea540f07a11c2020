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
  readonly journal: Pick<Journal, "note">;
  /** Gives `{ points, sha256 }` of a run's points as JSON text or its bytes. */
  readonly digest: (run: number) => string | Promise<string | Uint8Array>;
  readonly onError: (error: unknown) => void;
}

const caller = { actor: "outpost", surface: "host" };

type Ended = Pick<RunRow, "id" | "uid" | "run_id">;

export interface Seals {
  /** Call it with a run whose end was just written; it answers at once and works later. */
  readonly onEnd: (run: Ended) => void;
  /**
   * Waits for the seals of runs that have ended, `withinMs` at most: a script often ends just before its workstation.
   * Gives the row ids of the runs that are left: hand them to `onEnd` at the next start.
   */
  readonly close: (withinMs: number) => Promise<number[]>;
}

/** Seals under way at once: they share commits, and leave the reader threads to those who wait for an answer. */
const AT_ONCE = 4;

export const createSeals = ({ writer, journal, digest, onError }: SealDeps): Seals => {
  const waiting: Ended[] = [];
  const underWay = new Set<Ended>();
  const workers = new Set<Promise<void>>();
  let isClosed = false;
  let busy = 0; // workers that look for more: known at once, where a promise is settled later

  const seal = async ({ id, uid, run_id: subject }: Ended): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 0)); // later than the commit that ends the run, this turn's end
    const text = Buffer.from(await digest(id)).toString();
    const after = Value.Parse(Digest, JSON.parse(text));
    await writer.write(caller, () => journal.note({ action: "run.metrics", kind: "run", uid, subject, after }));
  };

  const sealAll = async (): Promise<void> => {
    busy++;
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      underWay.add(run);
      try {
        await seal(run);
      } catch (error) {
        if (!isClosed) onError(error);
      }
      underWay.delete(run);
    }
    busy--;
  };

  return {
    onEnd: (run) => {
      waiting.push(run);
      if (busy >= AT_ONCE) return;
      const worker = sealAll().finally(() => workers.delete(worker));
      workers.add(worker);
    },
    close: async (withinMs) => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
      await Promise.race([Promise.all(workers), late]);
      isClosed = true;
      return [...underWay, ...waiting.splice(0)].map(({ id }) => id);
    },
  };
};
