/** Reads every cell of every table of an SQLite database: a text that lies across two pages is nowhere in the file. */
import Sqlite from "better-sqlite3";
import { CANARY } from "../helpers/canary.ts";
import { formIn } from "./marks.ts";

interface Table {
  readonly name: string;
  readonly type: string;
  readonly strict: 0 | 1;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** As many texts at once as make a search worth its while. */
const BATCH = 1_000_000;

/** Columns that can hold a text or bytes: a strict table's numbers cannot. */
const columnsOf = (db: Sqlite.Database, { name, strict }: Table): string[] =>
  db
    .prepare<[string], { name: string; type: string }>("SELECT name, type FROM pragma_table_xinfo(?)")
    .all(name)
    .filter(({ type }) => strict === 0 || !["INTEGER", "INT", "REAL"].includes(type))
    .map((column) => column.name);

type FormOf = (bytes: Buffer) => string | undefined;

/** Cells with a secret, as `table.column: form`, each once. */
const inTable = (db: Sqlite.Database, table: Table, formOf: FormOf): string[] => {
  const columns = columnsOf(db, table);
  const found = new Set<string>();
  if (columns.length === 0) return [];
  let batch: { readonly column: string; readonly text: string }[] = [];
  let size = 0;
  const note = (column: string, form: string | undefined): void => {
    if (form !== undefined) found.add(`${table.name}.${column}: ${form}`);
  };
  const search = (): void => {
    if (formIn(batch.map(({ text }) => text).join("\n")) !== undefined)
      for (const { column, text } of batch) note(column, formIn(text));
    batch = [];
    size = 0;
  };
  const rows = db.prepare<[], unknown[]>(`SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(table.name)}`).raw();
  for (const row of rows.iterate())
    for (const [index, cell] of row.entries()) {
      const column = columns[index] ?? "";
      if (Buffer.isBuffer(cell)) note(column, formOf(cell));
      if (typeof cell !== "string") continue;
      batch.push({ column, text: cell });
      size += cell.length;
      if (size > BATCH) search();
    }
  search();
  return [...found];
};

/** An index of trigrams holds no word, but it can say whether something has all trigrams of one. */
const inIndex = (db: Sqlite.Database, name: string): string[] => {
  const parts = Array.from({ length: CANARY.length - 2 }, (_, at) => `"${CANARY.slice(at, at + 3)}"`);
  const ask = db.prepare<[string], number>(`SELECT count(*) FROM ${quoted(name)} WHERE ${quoted(name)} MATCH ?`);
  return ask.pluck().get(parts.join(" AND ")) === 0 ? [] : [`${name}: in the index`];
};

/** Places with a secret. @throws SqliteError for what is no sound database, or is held by somebody else */
export const leaksInDatabase = (db: Sqlite.Database, formOf: FormOf): string[] => {
  const sql =
    "SELECT name, type, strict FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual', 'shadow')";
  const tables = db.prepare<[], Table>(sql).all();
  const trigrams = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE sql LIKE '%fts5%trigram%'")
    .pluck()
    .all();
  return [
    ...tables.filter(({ type }) => type !== "virtual").flatMap((table) => inTable(db, table, formOf)),
    ...trigrams.flatMap((name) => inIndex(db, name)),
  ];
};

/** As {@link leaksInDatabase} of a file that nobody needs any more: opening it takes its log in. */
export const leaksInDatabaseFile = (path: string, formOf: FormOf): string[] => {
  const db = new Sqlite(path, { fileMustExist: true, timeout: 0 });
  try {
    return leaksInDatabase(db, formOf);
  } finally {
    db.close();
  }
};
