/** Reads the search index: candidates of each kind by their text, ranked, then as they are now. */
import type { FindRow } from "../../../shared/api/outpost/find.ts";
import { type Database, withDeadline } from "../database.ts";
import { fold } from "./fold.ts";
import { createFoundReader } from "./found.ts";
import { ENTRY_KINDS, entryId, entryRange, rowOf, type EntrySource } from "./kinds.ts";

/** The newest matches of a kind that are ranked; a text that fits more is too short to mean one thing. */
const MAX_CANDIDATES = 500;
const MAX_WORDS = 8;
const TIMEOUT_MS = 3000;
/** Part of a run's id from which on it is taken for one. */
const MIN_ID = 4;

interface Candidate {
  readonly id: number;
  readonly title: string;
}
interface Ranked extends Candidate {
  readonly rank: number;
}

export type FindView = ReturnType<typeof createFindView>;

/** GLOB's pattern for "contains"; the index answers it from three characters on. */
const containing = (word: string): string => `*${word.replace(/[*?[]/g, "[$&]")}*`;

/** How well a title fits: it is the text, begins with it, has a word that does, contains it, or only its text does. */
const rankOf = (title: string, text: string, words: readonly string[]): number => {
  if (title === text) return 0;
  if (title.startsWith(text)) return 1;
  const at = title.indexOf(text);
  if (at > 0) {
    const leaf = title.slice(title.lastIndexOf("/") + 1);
    if (leaf === text) return 1;
    const starts = [...title.matchAll(/[\p{L}\p{N}]+/gu)].some(({ index }) => title.startsWith(text, index));
    return starts ? 2 : 3;
  }
  return words.every((word) => title.includes(word)) ? 3 : 4;
};

/** Finds over any connection; deleted things are left out. */
export const createFindView = (db: Database) => {
  const found = createFoundReader(db);
  const columns = "SELECT e.id, e.title FROM";
  const byTitle = db.prepare<[number, string, string], Candidate>(
    `${columns} search_entries e WHERE e.kind = ? AND e.title >= ? AND e.title < ? ORDER BY e.title LIMIT ${MAX_CANDIDATES}`,
  );
  const byText = new Map<number, ReturnType<typeof prepareText>>();
  const prepareText = (words: number) =>
    db.prepare<(number | string)[], Candidate>(
      `${columns} (SELECT rowid AS id FROM search_text WHERE rowid BETWEEN ? AND ?
         ${"AND text GLOB ? ".repeat(words)} AND (rowid % 64 <> 0 OR deadline()) ORDER BY rowid DESC LIMIT ${MAX_CANDIDATES}) AS f
       CROSS JOIN search_entries e ON e.id = f.id`,
    );
  const textStatement = (words: number) => {
    const known = byText.get(words) ?? prepareText(words);
    byText.set(words, known);
    return known;
  };
  const runsById = db
    .prepare<[string, string], number>("SELECT id FROM runs WHERE run_id >= ? AND run_id < ? LIMIT 20")
    .pluck();

  const byId = (source: EntrySource, text: string): number[] => {
    if (source === "experiments" && /^\d{1,12}$/.test(text)) return [Number(text)];
    const isRunId = source === "runs" && text.length >= MIN_ID && /^[\da-f]+$/.test(text);
    return isRunId ? runsById.all(text, `${text}g`) : [];
  };

  /** Candidates, the best first, and among equals the newest. */
  const candidates = (source: EntrySource, text: string, words: readonly string[]): Ranked[] => {
    const { from, to } = entryRange(source);
    const all = new Map<number, Ranked>();
    for (const id of byId(source, text)) all.set(entryId(source, id), { id: entryId(source, id), title: "", rank: 0 });
    const add = ({ id, title }: Candidate): void => {
      if (!all.has(id)) all.set(id, { id, title, rank: rankOf(title, text, words) });
    };
    byTitle.all(ENTRY_KINDS[source], text, `${text}\u{10ffff}`).forEach(add);
    textStatement(words.length)
      .all(from, to, ...words.map(containing))
      .forEach(add);
    return [...all.values()].sort((a, b) => a.rank - b.rank || b.id - a.id);
  };

  /** The best `limit` things of one table that are not deleted. */
  const findIn = (source: EntrySource, text: string, limit: number): FindRow[] => {
    const folded = fold(text).trim().replace(/\s+/g, " ");
    const words = [...new Set(folded.split(" "))].slice(0, MAX_WORDS);
    if (folded === "") return [];
    const rows: FindRow[] = [];
    const ranked = withDeadline(db, TIMEOUT_MS, () => candidates(source, folded, words));
    for (let i = 0; i < ranked.length && rows.length < limit; i += limit)
      for (const { id, title } of ranked.slice(i, i + limit)) {
        if (rows.length >= limit) break;
        const inTitle = title === "" || words.every((word) => title.includes(word));
        rows.push(...found[source](rowOf(id), inTitle ? undefined : words));
      }
    return rows.slice(0, limit);
  };

  return { findIn };
};
