/**
 * F22: folders that an earlier Outpost left half done are opened by this one. `half-done.tar.br` holds them as they lay on
 * disk after kill -9 in the midst of each operation, with the calls that the far side had taken by then: of the schema that
 * first knew a sync, and one of the schema before it, which knew none.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync } from "node:zlib";
import Sqlite from "better-sqlite3";
import { extract } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrations } from "../../../electron/store/migrate.ts";
import { type GitlabDouble, startGitlabDouble } from "../../doubles/gitlab/start.ts";
import { projectRoot } from "../../helpers/outpost-process.ts";
import { integrityOf } from "../integrity.ts";
import { leaksOf } from "./canary.ts";
import { expectWell, heal, TOKEN } from "./cell.ts";
import { isPlayed, operations, type Operation } from "./matrix.ts";
import { type Json, type Station, startStation } from "./station.ts";
import { contentOf, heldBy, wholeOf, writesOf } from "./work.ts";

const LONG = 600_000; // a machine may be busy with much else
const isAll = process.env["ALL_CELLS"] !== undefined;
const DAILY: Operation = "O9";
const FROZEN = join(projectRoot, "test/fixtures/sync/half-done.tar.br");
const FIRST_WITH_SYNC = 11; // `user_version` after 0014-sync

const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name);
const list = Object.keys(operations)
  .filter(isOperation)
  .filter((operation) => isPlayed(operation) && (isAll || operation === DAILY));

/** The frozen files by their names: `O3/outpost.db`, `O3/outpost.db-wal`, `O3/about.json`, … */
const unpack = async (): Promise<ReadonlyMap<string, Buffer>> => {
  const files = new Map<string, Buffer>();
  const entries = Readable.from([brotliDecompressSync(readFileSync(FROZEN))]).pipe(extract());
  for await (const entry of entries) {
    const bytes = await buffer(entry);
    if (entry.header.type === "file") files.set(entry.header.name, bytes);
  }
  return files;
};

let frozen: ReadonlyMap<string, Buffer>;
let double: GitlabDouble;
beforeAll(async () => {
  [frozen, double] = await Promise.all([unpack(), startGitlabDouble([])]);
});
afterAll(() => double.stop());

interface About {
  /** What the workstation held. */
  readonly before: Json;
  /** What is asked of each sync. */
  readonly more: object;
  /** Where the far side was. */
  readonly url: string;
  /** What it had taken. */
  readonly requests: readonly Json[];
}

/** Lays a frozen folder out; its tools know what it is about. */
const layOut = (name: string): { folder: string; about: About } => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-sync-"));
  for (const [path, bytes] of frozen) {
    if (!path.startsWith(`${name}/`)) continue;
    const place = join(folder, "data", path.slice(name.length + 1));
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(place, bytes, { mode: 0o600 });
  }
  const about = join(folder, "data/about.json");
  const text = readFileSync(about, "utf8");
  rmSync(about);
  return { folder, about: JSON.parse(text) };
};

/** The far side takes the same calls again: its ids are drawn from a seed, and come out as they were. */
const replay = async ({ requests }: About): Promise<void> => {
  await double.control("POST", "reset", {});
  for (const { method, path, headers, body, status } of requests) {
    const answer = await fetch(new URL(String(path), double.url), {
      method,
      headers: { ...headers, authorization: `Bearer ${double.token(TOKEN)}` },
      body: Buffer.from(body, "base64"),
    });
    expect(answer.status, `${method} ${path}`).toBe(status);
  }
};

const inDatabase = <T>(folder: string, use: (db: Sqlite.Database) => T): T => {
  const db = new Sqlite(join(folder, "data/outpost.db"));
  try {
    return use(db);
  } finally {
    db.close();
  }
};

/** The far side has another port by now, and the folder its token again. Returns what was under way. */
const lead = (folder: string, { url }: About): readonly unknown[] => {
  mkdirSync(join(folder, "data/secrets"), { mode: 0o700 });
  writeFileSync(join(folder, "data/secrets/team.token"), double.token(TOKEN), { mode: 0o600 });
  return inDatabase(folder, (db) => {
    expect(db.pragma("user_version", { simple: true })).toBe(FIRST_WITH_SYNC);
    db.prepare("UPDATE remotes SET base_url = @to, identity = replace(identity, @from, @to)").run({ from: url, to: double.url }); // prettier-ignore
    return db.prepare("SELECT step, state FROM sync_ops").all();
  });
};

/** Backups that were written before a schema was left. */
const backupsOf = (folder: string, schema: number): string[] =>
  readdirSync(join(folder, "data/backups")).filter((name) => name.endsWith(`-schema${String(schema)}.db`));

const isBehind = (schema: number): number => (migrations.length > schema ? 1 : 0);

/** As `expectWell`, of an Outpost that had sent the empty Default experiment too: what is there stays there, once. */
const expectWellThere = async (station: Station, { before, more }: About): Promise<void> => {
  const whole = wholeOf(before.models[0][1]);
  const marked = whole.marked.map((count: number) => count + 1);
  expect(await contentOf(station)).toEqual(before);
  expect(await heldBy(double)).toEqual({ ...whole, experiments: ["Default", ...whole.experiments], marked });
  const writes = await writesOf(double);
  expect(await station.run(more)).toEqual({ outcome: "done", problem: "" });
  expect(await writesOf(double), "writes of one more sync").toBe(writes);
  expect(integrityOf(station.dataDir)).toEqual(["ok"]);
};

test.each(list)(
  "F22 %s: a folder with work under way is opened, and its sync goes on",
  async (operation) => {
    const { folder, about } = layOut(operation);
    await replay(about);
    const { before, more } = about;
    const isPull = "what" in more;
    expect(lead(folder, about)).toHaveLength(isPull ? 0 : 1);
    const station = await startStation({}, folder);
    try {
      expect(backupsOf(folder, FIRST_WITH_SYNC)).toHaveLength(isBehind(FIRST_WITH_SYNC));
      if (!isPull) expect(await contentOf(station)).toEqual(before);
      await heal(station, more);
      await expectWellThere(station, about);
    } finally {
      await station.stop();
      const leaks = leaksOf(folder, station.output());
      station.remove();
      expect(leaks, "places where a token is written").toEqual([]);
    }
  },
  LONG,
);

test(
  "F22: a folder from before there were syncs is opened, and syncs",
  async () => {
    const { folder, about } = layOut("schema-0013");
    await replay(about);
    const station = await startStation({}, folder);
    try {
      expect(backupsOf(folder, FIRST_WITH_SYNC - 1)).toHaveLength(1);
      expect(await contentOf(station)).toEqual(about.before);
      await station.addRemote({ url: double.url, token: double.token(TOKEN), files: "all" });
      await heal(station, {});
      await expectWell(station, double, about.before, {});
    } finally {
      await station.stop();
      station.remove();
    }
  },
  LONG,
);

test(
  "F22: a folder with work under way from a newer Outpost is refused, and left as it is",
  async () => {
    const { folder } = layOut("O2");
    const newer = migrations.length + 1;
    inDatabase(folder, (db) => db.pragma(`user_version = ${String(newer)}`));
    const before = readFileSync(join(folder, "data/outpost.db"));
    try {
      await expect(startStation({}, folder)).rejects.toThrow(
        `schema version ${String(newer)}; this version of Outpost knows up to ${String(migrations.length)}`,
      );
      expect(readFileSync(join(folder, "data/outpost.db")).equals(before)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LONG,
);
