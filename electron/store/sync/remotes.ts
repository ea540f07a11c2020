/** The servers to sync with. A new one begins with everything here being ahead of it. */
import type { Database } from "../database.ts";
import { parseAny, parseTexts } from "./json.ts";
import type { RemoteRow } from "./rows.ts";
import type { RemoteStore } from "./sync-store.ts";

type RawRemote = Omit<RemoteRow, "paused" | "required_tags" | "probe"> & {
  readonly paused: number;
  readonly required_tags: string;
  readonly probe: string | null;
};

/** Every column that can be changed, and nothing else. */
const COLUMNS = [
  "name",
  "kind",
  "base_url",
  "project",
  "token_file",
  "mode",
  "file_policy",
  "class_max",
  "required_tags",
  "ca_file",
  "proxy",
  "up_limit",
  "down_limit",
  "settle_ms",
  "paused",
  "identity",
  "title",
  "probe",
  "accepted_at",
  "checked_at",
  "state",
  "problem",
  "added_at",
] as const satisfies readonly (keyof RemoteRow)[];

const toRow = (raw: RawRemote): RemoteRow => ({
  ...raw,
  paused: raw.paused === 1,
  required_tags: parseTexts(raw.required_tags),
  probe: parseAny(raw.probe),
});

const toColumn = (value: unknown): unknown => {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
};

export const createRemoteStore = (db: Database, now: () => number): RemoteStore => {
  const list = db.prepare<[], RawRemote>("SELECT * FROM remotes ORDER BY name");
  const byName = db.prepare<[string], RawRemote>("SELECT * FROM remotes WHERE name = ?");
  const remove = db.prepare<[number]>("DELETE FROM remotes WHERE id = ?");
  const seed = db.prepare<[number | bigint]>(
    `INSERT INTO sync_ahead (remote, rank, uid, rev) SELECT ?, 0, uid, 0 FROM experiments WHERE model IS NULL AND trashed_at IS NULL`,
  );
  const seedRuns = db.prepare<[number | bigint]>(
    `INSERT INTO sync_ahead (remote, rank, uid, rev) SELECT ?, 1, r.uid, 0 FROM runs AS r JOIN experiments AS e ON e.id = r.experiment
     WHERE e.model IS NULL AND r.trashed_at IS NULL`,
  );
  const seedModels = db.prepare<[number | bigint]>(
    "INSERT INTO sync_ahead (remote, rank, uid, rev) SELECT ?, 2, uid, 0 FROM registered_models WHERE trashed_at IS NULL",
  );
  const seedVersions = db.prepare<[number | bigint]>(
    "INSERT INTO sync_ahead (remote, rank, uid, rev) SELECT ?, 3, uid, 0 FROM model_versions WHERE trashed_at IS NULL",
  );

  const write = (changes: Partial<RemoteRow>): { columns: string[]; values: unknown[] } => {
    const columns = COLUMNS.filter((column) => changes[column] !== undefined);
    return { columns: [...columns], values: columns.map((column) => toColumn(changes[column])) };
  };
  const prepareUpdate = (set: string) => db.prepare<unknown[]>(`UPDATE remotes SET ${set} WHERE id = ?`);
  const updates = new Map<string, ReturnType<typeof prepareUpdate>>();
  /** One for each set of columns that anybody changes. */
  const updateOf = (columns: readonly string[]): ReturnType<typeof prepareUpdate> => {
    const set = columns.map((column) => `${column} = ?`).join(", ");
    const statement = updates.get(set) ?? prepareUpdate(set);
    updates.set(set, statement);
    return statement;
  };
  const find = (name: string): RemoteRow | undefined => {
    const raw = byName.get(name);
    return raw && toRow(raw);
  };

  return {
    list: () => list.all().map(toRow),
    byName: find,
    add: (remote) => {
      const { columns, values } = write({ added_at: now(), ...remote });
      const { lastInsertRowid } = db
        .prepare(`INSERT INTO remotes (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
        .run(...values);
      for (const statement of [seed, seedRuns, seedModels, seedVersions]) statement.run(lastInsertRowid);
      const row = find(remote.name);
      if (!row) throw new Error(`remote '${remote.name}' is not there after its insert`);
      return row;
    },
    update: (id, changes) => {
      const { columns, values } = write(changes);
      if (columns.length === 0) return;
      updateOf(columns).run(...values, id);
    },
    remove: (id) => void remove.run(id),
  };
};
