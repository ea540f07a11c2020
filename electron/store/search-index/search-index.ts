/** Keeps the search index up to date with the tables, in steps as small as the caller wants. */
import type { Database } from "../database.ts";
import { fold } from "./fold.ts";
import { ENTRY_KINDS, entryId, type EntrySource } from "./kinds.ts";
import { createSearchTexts } from "./texts.ts";

const MAX_TITLE = 500;
const MAX_TEXT = 4000;
/** Rows looked up at a time. */
const BATCH = 64;
/** Counted no further than this: it is only said how much is left. */
const MAX_COUNTED = 100_000;

/** Kinds of changes and the table that holds them; what else changes has no entry. */
const TABLE_OF: ReadonlyMap<string, EntrySource> = new Map<string, EntrySource>([
  ["experiment", "experiments"],
  ["run", "runs"],
  ["registered_model", "registered_models"],
  ["model_version", "model_versions"],
  ["logged_model", "logged_models"],
]);
const SOURCES = [
  "experiments",
  "registered_models",
  "model_versions",
  "keys",
  "datasets",
  "logged_models",
  "runs",
] as const;

const isSource = (source: string): source is EntrySource => Object.hasOwn(ENTRY_KINDS, source);

export type SearchIndex = ReturnType<typeof createSearchIndex>;

/** Writes entries, so it belongs to the writer's connection; every step must run inside a transaction. */
export const createSearchIndex = (db: Database) => {
  const texts = createSearchTexts(db);
  const progress = db.prepare<[], { source: string; at: number }>("SELECT source, at FROM search_progress");
  const advance = db.prepare<[number, string]>("UPDATE search_progress SET at = ? WHERE source = ?");
  const put = db.prepare<[number, number, string, string]>(
    `INSERT INTO search_entries (id, kind, title, text) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title, text = excluded.text
       WHERE text <> excluded.text OR title <> excluded.title`,
  );
  const drop = db.prepare<[number]>("DELETE FROM search_entries WHERE id = ?");
  const changed = db.prepare<[number, number], { kind: string; uid: string; rev: number }>(
    "SELECT kind, uid, rev FROM changes WHERE rev > ? ORDER BY rev LIMIT ?",
  );
  const changesLeft = db
    .prepare<[number, number], number>("SELECT count(*) FROM (SELECT 1 FROM changes WHERE rev > ? LIMIT ?)")
    .pluck();
  const perTable = (sql: (table: EntrySource) => string) =>
    new Map(SOURCES.map((table) => [table, db.prepare<unknown[], number>(sql(table)).pluck()]));
  const added = perTable((table) => `SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`);
  const newest = perTable((table) => `SELECT max(id) FROM ${table}`);
  const byUid = new Map(
    [...TABLE_OF.values()].map((table) => [
      table,
      db.prepare<[string], number>(`SELECT id FROM ${table} WHERE uid = ?`).pluck(),
    ]),
  );
  const versionsOf = db.prepare<[number], number>("SELECT id FROM model_versions WHERE model = ?").pluck();

  const index = (source: EntrySource, id: number): void => {
    const found = texts[source](id);
    if (!found) return void drop.run(entryId(source, id));
    const title = fold(found.title).slice(0, MAX_TITLE);
    const text = [title, ...found.parts.map(fold)].join("\n").slice(0, MAX_TEXT);
    put.run(entryId(source, id), ENTRY_KINDS[source], title, text);
  };

  const followChange = (kind: string, uid: string, places: ReadonlyMap<string, number>): void => {
    const source = TABLE_OF.get(kind);
    const id = source && byUid.get(source)?.get(uid);
    if (source === undefined || id === undefined) return; // what was deleted has left with its row
    if (id > (places.get(source) ?? -1)) return; // new: its table's turn comes
    index(source, id);
    if (source === "registered_models") for (const version of versionsOf.all(id)) index("model_versions", version);
  };

  const places = (): Map<string, number> => new Map(progress.all().map(({ source, at }) => [source, at]));

  const followChanges = (from: ReadonlyMap<string, number>): number => {
    const rows = changed.all(from.get("changes") ?? 0, BATCH);
    for (const { kind, uid } of rows) followChange(kind, uid, from);
    const last = rows.at(-1);
    if (last) advance.run(last.rev, "changes");
    return rows.length;
  };

  const followTable = (source: EntrySource, from: ReadonlyMap<string, number>): number => {
    const ids = added.get(source)?.all(from.get(source) ?? -1, BATCH) ?? [];
    for (const id of ids) index(source, id);
    const last = ids.at(-1);
    if (last !== undefined) advance.run(last, source);
    return ids.length;
  };

  return {
    /** Indexes what is new or has changed while `hasTime`, a batch at a time; false once nothing is left. */
    step: (hasTime: () => boolean): boolean => {
      for (const source of ["changes", ...SOURCES] as const)
        for (let full = true; full;) {
          full = (source === "changes" ? followChanges(places()) : followTable(source, places())) === BATCH;
          if (!hasTime()) return true;
        }
      return false;
    },
    /** About how much is not in the index yet. */
    behind: (): number => {
      let left = 0;
      for (const [source, at] of places())
        left += isSource(source)
          ? Math.max(0, (newest.get(source)?.get() ?? -1) - at)
          : (changesLeft.get(at, MAX_COUNTED) ?? 0);
      return left;
    },
  };
};
