/** How many runs of an experiment, or versions of a model, are not as a remote has them. */
import type { Database } from "../database.ts";
import { rankOf } from "./ranks.ts";

/** More than so many are not counted: a badge is no report, and the writer's thread has other work. */
const MOST = 5_000;

interface Counted {
  readonly uid: string;
  readonly n: number;
}

/** By uid of what they are in; undefined where there are too many to be counted in passing. */
export const createAheadInside = (db: Database) => {
  const prepare = (child: "run" | "model_version") => {
    const [table, above, parents] =
      child === "run" ? ["runs", "experiment", "experiments"] : ["model_versions", "model", "registered_models"];
    const ahead = `FROM sync_ahead WHERE remote = @remote AND rank = ${rankOf(child)} LIMIT ${MOST}`;
    return {
      all: db.prepare<{ remote: number }, number>(`SELECT count(*) FROM (SELECT 1 ${ahead})`).pluck(),
      grouped: db.prepare<{ remote: number }, Counted>(
        `SELECT p.uid, count(*) AS n FROM (SELECT uid ${ahead}) AS a JOIN ${table} AS t ON t.uid = a.uid
         JOIN ${parents} AS p ON p.id = t.${above} WHERE t.trashed_at IS NULL GROUP BY p.uid`,
      ),
    };
  };
  const statements = { experiment: prepare("run"), registered_model: prepare("model_version") };
  return (remote: number, kind: "experiment" | "registered_model"): ReadonlyMap<string, number> | undefined => {
    const { all, grouped } = statements[kind];
    if ((all.get({ remote }) ?? 0) >= MOST) return undefined;
    return new Map(grouped.all({ remote }).map(({ uid, n }) => [uid, n]));
  };
};
