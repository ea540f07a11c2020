import type { Migration } from "../migrate.ts";

/**
 * The index behind "find anything": one text for each thing, cut into trigrams, so that any part of a name is found in
 * any script. It follows the tables lazily (`search_progress` says how far), so that logging pays nothing for it; only
 * what is deleted leaves at once. An entry's id is its kind times 2^40 plus the id in its own table.
 */
export const searchIndex: Migration = (db) => {
  db.exec(`
    CREATE TABLE search_entries (
      id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,
      title TEXT NOT NULL, -- folded, as the query is
      text TEXT NOT NULL -- the title's line first
    ) STRICT;
    CREATE INDEX search_entries_by_title ON search_entries (kind, title);
    CREATE VIRTUAL TABLE search_text USING fts5(
      text, content = 'search_entries', content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0
    );
    CREATE TRIGGER search_entry_added AFTER INSERT ON search_entries BEGIN
      INSERT INTO search_text (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entries BEGIN
      INSERT INTO search_text (search_text, rowid, text) VALUES ('delete', old.id, old.text);
    END;
    CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entries BEGIN
      INSERT INTO search_text (search_text, rowid, text) VALUES ('delete', old.id, old.text);
      INSERT INTO search_text (rowid, text) VALUES (new.id, new.text);
    END;

    CREATE TABLE search_progress (
      source TEXT PRIMARY KEY, -- a kind: its highest id in the index; 'changes': the last revision that was followed
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO search_progress SELECT 'changes', coalesce(max(rev), 0) FROM changes;
  `);
  const tables = ["experiments", "runs", "registered_models", "model_versions", "logged_models", "datasets", "keys"];
  for (const [i, table] of tables.entries())
    db.exec(`
      INSERT INTO search_progress VALUES ('${table}', -1);
      CREATE TRIGGER search_forgets_${table} AFTER DELETE ON ${table} BEGIN
        DELETE FROM search_entries WHERE id = ${i + 1} * 1099511627776 + old.id;
        UPDATE search_progress SET at = old.id - 1 WHERE source = '${table}' AND at >= old.id
          AND '${table}' IN ('datasets', 'keys'); -- their ids come again
      END;
    `);
};
