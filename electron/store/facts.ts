/** What can be said of a database without a word of what anybody wrote into it. */
import { countRows } from "./check.ts";
import { openReader, type Database } from "./database.ts";
import { schemaVersion } from "./migrate.ts";
import { sqliteVersion } from "./views/storage.ts";

export interface StoreFacts {
  readonly sqlite: string;
  readonly schema: number; // the last migration that ran
  readonly journal: string;
  readonly page_bytes: number;
  readonly pages: number;
  readonly free_pages: number;
  readonly rows: Readonly<Record<string, number>>;
  /** By table and index; `null` where this SQLite cannot tell. */
  readonly bytes: Readonly<Record<string, number>> | null;
  readonly jobs: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** The last row of the audit chain: its digest stands for all before it. */
  readonly audit: { readonly rows: number; readonly head: string } | null;
}

const numberOf = (db: Database, pragma: string): number => Number(db.pragma(pragma, { simple: true }));

const bytesByObject = (db: Database): Record<string, number> | null => {
  const options = db.prepare<[], string>("SELECT compile_options FROM pragma_compile_options").pluck().all();
  if (!options.includes("ENABLE_DBSTAT_VTAB")) return null;
  const rows = db
    .prepare<[], { name: string; bytes: number }>("SELECT name, pgsize AS bytes FROM dbstat WHERE aggregate = TRUE")
    .all();
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
};

/** Reads the file at `path` by a connection of its own; every page is looked at. @throws what SQLite throws. */
export const readStoreFacts = (path: string): StoreFacts => {
  const db = openReader(path);
  try {
    const jobs = db.prepare<[], StoreFacts["jobs"][number]>(
      "SELECT kind, state, count(*) AS count FROM jobs GROUP BY kind, state ORDER BY kind, state",
    );
    const head = db.prepare<[], { rows: number; head: string }>(
      "SELECT seq AS rows, hash AS head FROM audit ORDER BY seq DESC LIMIT 1",
    );
    return {
      sqlite: sqliteVersion(db),
      schema: schemaVersion(db),
      journal: String(db.pragma("journal_mode", { simple: true })),
      page_bytes: numberOf(db, "page_size"),
      pages: numberOf(db, "page_count"),
      free_pages: numberOf(db, "freelist_count"),
      rows: countRows(db),
      bytes: bytesByObject(db),
      jobs: jobs.all(),
      audit: head.get() ?? null,
    };
  } finally {
    db.close();
  }
};
