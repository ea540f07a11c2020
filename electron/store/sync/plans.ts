/** Plans as they were shown: items in order, and what became of each. */
import type { Database } from "../database.ts";
import { parseAny } from "./json.ts";
import type { PlanItemRow, PlanRow, PlanStore } from "./sync-store.ts";

type RawPlan = Omit<PlanRow, "first_contact" | "totals"> & { readonly first_contact: number; readonly totals: string };

const toRow = (raw: RawPlan): PlanRow => ({
  ...raw,
  first_contact: raw.first_contact === 1,
  totals: parseAny(raw.totals),
});

export const createPlanStore = (db: Database): PlanStore => {
  const columns = "id, remote, hash, made_at, directions, first_contact, totals, state";
  const begin = db
    .prepare<[number, number, string, number], number>(
      `INSERT INTO sync_plans (remote, hash, made_at, directions, first_contact, totals, state)
       VALUES (?, '', ?, ?, ?, '{}', 'open') RETURNING id`,
    )
    .pluck();
  const addItem = db.prepare<[number, number, string]>(
    "INSERT INTO sync_plan_items (plan, seq, item) VALUES (?, ?, ?)",
  );
  const finish = db.prepare<[string, string, number]>("UPDATE sync_plans SET hash = ?, totals = ? WHERE id = ?");
  // A plan without a hash is not finished.
  const find = db.prepare<[string], RawPlan>(
    `SELECT ${columns} FROM sync_plans WHERE hash = ? AND hash <> '' ORDER BY id DESC LIMIT 1`,
  );
  const latest = db.prepare<[number], RawPlan>(
    `SELECT ${columns} FROM sync_plans WHERE remote = ? AND hash <> '' ORDER BY id DESC LIMIT 1`,
  );
  const items = db.prepare<[number, number, number], Omit<PlanItemRow, "item"> & { item: string }>(
    "SELECT seq, item, outcome, detail FROM sync_plan_items WHERE plan = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const setOutcome = db.prepare<[string, string | null, number, number]>(
    "UPDATE sync_plan_items SET outcome = ?, detail = ? WHERE plan = ? AND seq = ?",
  );
  const setState = db.prepare<[string, number]>("UPDATE sync_plans SET state = ? WHERE id = ?");
  const prune = db.prepare<{ remote: number; keep: number }>(
    `DELETE FROM sync_plans WHERE remote = @remote
       AND id NOT IN (SELECT id FROM sync_plans WHERE remote = @remote ORDER BY id DESC LIMIT @keep)`,
  );
  const rowOf = (raw: RawPlan | undefined): PlanRow | undefined => raw && toRow(raw);

  return {
    begin: (remote, directions, firstContact, at) => {
      const id = begin.get(remote, at, directions, Number(firstContact));
      if (id === undefined) throw new Error("INSERT … RETURNING returned nothing");
      return id;
    },
    addItems: (plan, from, texts) => {
      for (const [i, text] of texts.entries()) addItem.run(plan, from + i, text);
    },
    finish: (plan, hash, totals) => void finish.run(hash, JSON.stringify(totals), plan),
    find: (hash) => rowOf(find.get(hash)),
    latest: (remote) => rowOf(latest.get(remote)),
    items: (plan, after, limit) => items.all(plan, after, limit).map((row) => ({ ...row, item: parseAny(row.item) })),
    setOutcome: (plan, seq, outcome, detail) => void setOutcome.run(outcome, detail, plan, seq),
    setState: (plan, state) => void setState.run(state, plan),
    prune: (remote, keep) => void prune.run({ remote, keep }),
  };
};
