/**
 * A workstation of the simulator: the real store and the real store's side of a sync on a database in memory, with files
 * in a map. Opening one takes as long as many programs, so that each is used for one program after the other, emptied
 * in between.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServices } from "../../electron/host/services.ts";
import { openWriter, type Database } from "../../electron/store/database.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { createApplyStore } from "../../electron/store/sync/apply.ts";
import { createSyncStore } from "../../electron/store/sync/create.ts";
import { createDocStore } from "../../electron/store/sync/docs.ts";
import type { RemoteRow } from "../../electron/store/sync/rows.ts";
import { createWriter } from "../../electron/store/writer.ts";
import type { PartialFile } from "../../electron/sync/local.ts";
import { createStoreLocal } from "../../electron/sync/store-local.ts";
import { DomainError } from "../../shared/errors.ts";
import type { LocalDoc, SyncKind } from "../../shared/sync/doc.ts";
import { createRandom } from "./random.ts";

export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const caller = { actor: "somebody", surface: "simulator" };

/** Bytes by digest, and downloads on their way in. `disk` may refuse, or take half. */
const createFiles = () => {
  const blobs = new Map<string, Buffer>();
  const partials = new Map<string, Buffer>();
  const disk: { fault: () => "full" | "short" | undefined } = { fault: () => undefined };

  const open = (sha256: string): PartialFile => {
    const bytes = (): Buffer => partials.get(sha256) ?? Buffer.alloc(0);
    return {
      size: () => bytes().byteLength,
      append: async (from, body, signal, onBytes) => {
        if (from > bytes().byteLength) throw new DomainError("invalid", `${sha256} has no byte ${from}`);
        partials.set(sha256, bytes().subarray(0, from));
        for await (const chunk of body) {
          signal?.throwIfAborted();
          const fault = disk.fault();
          const taken = Buffer.from(chunk).subarray(0, fault === undefined ? chunk.length : chunk.length >> 1);
          if (fault !== "full") partials.set(sha256, Buffer.concat([bytes(), taken]));
          if (fault !== undefined) throw new DomainError("exhausted", "The disk is full");
          onBytes?.(bytes().byteLength);
        }
      },
      finish: ({ size, sha256: expected }) => {
        const all = bytes();
        partials.delete(sha256);
        if (all.byteLength !== size || digestOf(all) !== expected)
          return Promise.reject(new DomainError("corrupt", `The download of ${sha256} is not what it should be`));
        blobs.set(expected, all);
        return Promise.resolve();
      },
      drop: () => Promise.resolve(void partials.delete(sha256)),
    };
  };

  return {
    disk,
    open,
    add: (bytes: Buffer): string => {
      const sha256 = digestOf(bytes);
      blobs.set(sha256, bytes);
      return sha256;
    },
    read: ({ sha256 }: { sha256: string }, range?: { start: number; end: number }): Buffer => {
      const bytes = blobs.get(sha256);
      if (!bytes) throw new DomainError("not_found", `There is no blob ${sha256}`);
      return range ? bytes.subarray(range.start, range.end + 1) : bytes;
    },
    sizeOnDisk: (sha256: string): number | undefined => blobs.get(sha256)?.byteLength,
    clear: (): void => {
      blobs.clear();
      partials.clear();
      disk.fault = () => undefined;
    },
  };
};

const DEFAULT_UID = "UPDATE experiments SET uid = ? WHERE id = 0";

/** Those that are named by others come after them. */
const childrenFirst = (db: Database, tables: readonly string[]): readonly string[] => {
  const parents = db.prepare<[string], string>('SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)').pluck();
  const sorted: string[] = [];
  const visit = (table: string): void => {
    if (sorted.includes(table)) return;
    for (const child of tables) if (child !== table && parents.all(child).includes(table)) visit(child);
    sorted.push(table);
  };
  for (const table of tables) visit(table);
  return sorted;
};

/**
 * Puts the database back to what it was after its migration. Nothing here may set a pragma or change the schema: that
 * makes SQLite compile every statement again, which takes longer than a whole program.
 */
const createReset = (db: Database): (() => void) => {
  const names = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'audit_is_append_only%'")
    .pluck()
    .all();
  for (const name of names) db.exec(`DROP TRIGGER ${name}`);
  const virtual = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'")
    .pluck()
    .all();
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all()
    .filter((table) => !virtual.some((name) => table === name || table.startsWith(`${name}_`)));
  const kept = tables.flatMap((table) => {
    const rows = db.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
    return rows.map((row) => {
      const columns = Object.keys(row);
      const insert = db.prepare(
        `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((column) => `@${column}`).join(", ")})`,
      );
      return () => insert.run(row);
    });
  });
  const empty = [...childrenFirst(db, tables), "sqlite_sequence"].map((table) => db.prepare(`DELETE FROM ${table}`));
  return db.transaction(() => {
    for (const statement of empty) statement.run();
    for (const insert of kept) insert();
  });
};

/** The same database for whoever asks it the same again and again. */
const remembering = (db: Database): Database => {
  const statements = new Map<string, unknown>();
  const prepare = (sql: string): unknown => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return new Proxy(db, {
    get: (target, name): unknown => (name === "prepare" ? prepare : Reflect.get(target, name)),
  });
};

const openStation = (index: number, folder: string) => {
  const db = openWriter(":memory:");
  let random = createRandom(index);
  // rows that nobody gave a uid get one of their own; the same in each run of a program
  db.function("randomblob", (size: unknown) =>
    Buffer.from(Array.from({ length: Number(size) }, () => random.below(256))),
  );
  migrate(db);
  const workstation = (index + 1).toString(16).repeat(32);
  db.prepare(DEFAULT_UID).run(`${index + 1}`.padEnd(32, "0"));
  const clock = { now: (): number => 1_700_000_000_000 };
  const now = (): number => clock.now();
  const failures: unknown[] = [];
  const { stores, domains, journal } = createServices({ db, artifactsDir: folder, now, onError: (error) => void failures.push(error) }); // prettier-ignore
  const reset = createReset(db);
  const writer = createWriter(db, journal, { onUndo: stores.keys.forget });
  const state = createSyncStore(db, now);
  const files = createFiles();
  let runs = 0;
  const local = createStoreLocal({
    stores,
    docs: createDocStore(db, state.origins, workstation, journal.revOf),
    apply: createApplyStore(db, stores.keys),
    sync: state,
    registry: domains.registry,
    artifacts: domains.artifacts,
    blobs: files,
    partials: files,
    journal,
    writer,
    caller,
    workstation,
    now,
    newRunId: () => `${index + 1}${(runs += 1).toString(16).padStart(31, "a")}`,
  });

  const tables: Readonly<Record<SyncKind, string>> = {
    experiment: "SELECT uid FROM experiments WHERE model IS NULL ORDER BY id",
    run: "SELECT r.uid FROM runs r JOIN experiments e ON e.id = r.experiment WHERE e.model IS NULL ORDER BY r.id",
    registered_model: "SELECT uid FROM registered_models ORDER BY id",
    model_version: "SELECT uid FROM model_versions ORDER BY id",
  };
  const uids = Object.fromEntries(
    Object.entries(tables).map(([kind, sql]) => [kind, db.prepare<[], string>(sql).pluck()]),
  );
  const changes = db.prepare<[], number>("SELECT total_changes()").pluck();
  const docs = new Map<SyncKind, { readonly at: number | undefined; readonly all: readonly LocalDoc[] }>();
  /** Read anew only when anything was written since. */
  const docsOf = (kind: SyncKind): readonly LocalDoc[] => {
    const [at, known] = [changes.get(), docs.get(kind)];
    if (known?.at === at && known) return known.all;
    const all = (uids[kind]?.all() ?? []).flatMap((uid) => local.read({ kind, uid }) ?? []);
    docs.set(kind, { at, all });
    return all;
  };

  return {
    index,
    workstation,
    db: remembering(db),
    clock,
    files,
    state,
    local,
    stores,
    domains,
    failures,
    docsOf,
    write: <T>(job: () => T): Promise<T> => writer.write(caller, job),
    /** Empties it and gives it its remote. */
    reset: (row: Partial<RemoteRow>): RemoteRow => {
      writer.drain();
      reset();
      files.clear();
      stores.keys.forget();
      journal.endTurn(false);
      failures.length = 0;
      runs = 0;
      random = createRandom(index);
      clock.now = () => 1_700_000_000_000;
      return state.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://git.example", ...row });
    },
  };
};

export type Station = ReturnType<typeof openStation>;

const pool: Station[] = [];

/** The `count` first workstations of this process. */
export const stations = (count: number): readonly Station[] => {
  while (pool.length < count) {
    const folder = mkdtempSync(join(tmpdir(), "outpost-sim-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    pool.push(openStation(pool.length, folder));
  }
  return pool.slice(0, count);
};
