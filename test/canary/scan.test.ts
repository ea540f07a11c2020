/** The scanner finds a secret wherever one could go, and in whatever form: what it misses, no other test would find. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { buffer } from "node:stream/consumers";
import { createAccess } from "../../electron/domain/access/tokens.ts";
import { createSigningKey, signingKeyToPem } from "../../electron/remote/bundle/sshsig.ts";
import { createTokenStore } from "../../electron/store/tokens.ts";
import { openWriter } from "../../electron/store/database.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { byHand, CANARY, gitlabToken } from "../helpers/canary.ts";
import { caller, setupStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { base64Of, formIn } from "./marks.ts";
import { bait } from "./removals.ts";
import { scanFolder } from "./scan.ts";

const TOKEN = gitlabToken("maintainer");

/** A folder that may hold what no folder may. */
const setup = () => {
  const folder = bait(temporaryFolder());
  const write = (name: string, bytes: string | Buffer): string => {
    const path = join(folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  return { folder, write, leaks: () => scanFolder(folder).leaks };
};

const zipOf = (text: string): Promise<Buffer> => {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(text.repeat(50)), "a.txt");
  zip.end();
  return buffer(zip.outputStream);
};

describe("a token is found", () => {
  const hex = (text: string): string => Buffer.from(text).toString("hex");
  test.each([
    ["as it is", TOKEN, "plain"],
    ["in lower case, as hosts and indexes have it", TOKEN.toLowerCase(), "plain"],
    ["in the middle of a line", `{"level":30,"msg":"asked with ${TOKEN} and was refused"}`, "plain"],
    ["cut off after its first letters", TOKEN.slice(0, 6 + CANARY.length), "plain"],
    ["in JSON within JSON", JSON.stringify(JSON.stringify({ token: TOKEN })), "plain"],
    ["in base64", Buffer.from(TOKEN).toString("base64"), "base64"],
    ["in a Basic header", Buffer.from(`me:${TOKEN}`).toString("base64"), "base64"],
    ["in base64 of another length", Buffer.from(`you:${TOKEN}`).toString("base64url"), "base64"],
    ["in hexadecimal digits", hex(TOKEN), "hex"],
    ["in large hexadecimal digits", hex(TOKEN).toUpperCase(), "hex"],
    ["with every letter escaped for a URL", hex(TOKEN).replaceAll(/../g, "%$&"), "URL-encoded"],
    ["with every letter escaped for JSON", hex(TOKEN).replaceAll(/../g, "\\u00$&"), "JSON escapes"],
    ["in UTF-16", Buffer.from(TOKEN, "utf16le"), "UTF-16"],
    ["in gzip", gzipSync(TOKEN), "packed, plain"],
    ["in what was left of a gzip", gzipSync(TOKEN.repeat(9)).subarray(0, -9), "packed, plain"],
    ["in gzip within gzip", gzipSync(gzipSync(Buffer.from(TOKEN).toString("base64"))), "packed, packed, base64"],
  ])("%s", (_how, bytes, form) => {
    const { write, leaks } = setup();
    write("logs/outpost.log", bytes);
    expect(leaks()).toEqual([`logs/outpost.log: ${form}`]);
  });

  test("in a zip", async () => {
    const { write, leaks } = setup();
    write("diagnostics.zip", await zipOf(TOKEN));
    expect(leaks()).toEqual(["diagnostics.zip: packed, plain"]);
  });

  test("in the name of a file or of its folder, which is not told", () => {
    const { write, leaks } = setup();
    write(`${TOKEN}/a.txt`, TOKEN);
    expect(leaks()).toEqual(["[a name with a secret]: plain", "a file's name: plain"]);
  });

  test("in a tar, as bundles are", () => {
    const { write, leaks } = setup();
    write("carry-1.tar", Buffer.concat([Buffer.alloc(512), Buffer.from(`{"note":"${TOKEN}"}`), Buffer.alloc(512)]));
    expect(leaks()).toEqual(["carry-1.tar: plain"]);
  });

  test.each([-20, -6, 0])("across the parts in which long files are read (%i)", (before) => {
    const { folder, write, leaks } = setup();
    const at = 4 * 1024 ** 2 + before;
    write("long", Buffer.concat([Buffer.alloc(at, "x"), Buffer.from(TOKEN)]));
    write("none", "");
    truncateSync(join(folder, "none"), 3 * at);
    expect(leaks()).toEqual(["long: plain"]);
  });
});

test("all three places of base64 are looked for, and none of them needs a sign that base64url spells otherwise", () => {
  for (const text of base64Of(CANARY)) expect(text).toMatch(/^[A-Za-z0-9]{12,}$/);
  for (let before = 0; before < 9; before++)
    expect(formIn(Buffer.from("x".repeat(before) + TOKEN).toString("base64"))).toBe("base64");
});

describe("in a database", () => {
  const open = (folder: string, name = "outpost.db") => {
    const db = openWriter(join(folder, name));
    migrate(db);
    return db;
  };
  const audit = (folder: string): Sqlite.Database => {
    const db = open(folder);
    const add = "INSERT INTO audit VALUES (1, 0, 'a', 's', 'x', 'run', 'u', ?, NULL, NULL, '')";
    db.prepare(add).run(TOKEN);
    return db;
  };

  test("a cell is named by its table and column", () => {
    const { folder, leaks } = setup();
    audit(folder).close();
    expect(leaks()).toContain("outpost.db: audit.subject: plain");
  });

  test("what is in the write-ahead log alone, as a process that was killed leaves it", () => {
    const { folder, leaks } = setup();
    const db = audit(folder);
    expect(leaks()).toEqual(["outpost.db-wal: plain", "outpost.db: audit.subject: plain"]);
    db.close();
  });

  test("a text that lies across two pages, and so is nowhere in the file", () => {
    const { folder, leaks } = setup();
    const db = new Sqlite(join(folder, "pages.db"));
    db.pragma("synchronous = OFF");
    db.exec("CREATE TABLE notes (text TEXT) STRICT");
    const isWhole = (): boolean => readFileSync(join(folder, "pages.db")).includes(CANARY);
    for (let after = 9000; after === 9000 || isWhole(); after += 4) {
      db.exec("DELETE FROM notes; VACUUM");
      db.prepare("INSERT INTO notes VALUES (?)").run("x".repeat(4000) + CANARY + "x".repeat(after));
    }
    db.close();
    expect(leaks()).toEqual(["pages.db: notes.text: plain"]);
  });

  test("bytes in a cell, packed ones too", () => {
    const { folder, leaks } = setup();
    const db = new Sqlite(join(folder, "blobs.db"));
    db.exec("CREATE TABLE blobs (bytes BLOB)");
    db.prepare("INSERT INTO blobs VALUES (?)").run(gzipSync(TOKEN));
    db.close();
    expect(leaks()).toEqual(["blobs.db: blobs.bytes: packed, plain"]);
  });

  test("an index of trigrams that still knows a text which its table has no more", () => {
    const { folder, leaks } = setup();
    const db = open(folder);
    db.exec(`INSERT INTO search_text (rowid, text) VALUES (7, '${TOKEN}')`);
    db.close();
    expect(leaks()).toEqual(["outpost.db: search_text: in the index"]);
  });

  test("one that a test has damaged is counted, and its bytes are looked at", () => {
    const { folder, write } = setup();
    write("outpost.db", `SQLite format 3\0${TOKEN}`);
    expect(scanFolder(folder)).toMatchObject({ databases: 1, unread: 1, leaks: ["outpost.db: plain"] });
  });
});

describe("what is made at random has marks of its own", () => {
  const createToken = (): Promise<string> => {
    const { db, journal, writer } = setupStore();
    const access = createAccess({ tokens: createTokenStore(db), journal, now: () => 0 });
    return writer.write(caller, () => access.create("ci", "admin").secret);
  };

  test("an access token of Outpost, in a header too", async () => {
    const { write, leaks } = setup();
    const token = await createToken();
    write("log", `got ${token}`);
    write("names", "outpost_tokens outpost_version outpost_0123456789");
    for (const user of ["", "u", "us", "user"])
      write(`basic${user}`, Buffer.from(`${user}:${token}`).toString("base64"));
    const basic = ["basic", "basicu", "basicus", "basicuser"].map((name) => `${name}: an access token in base64`);
    expect([...leaks()].sort()).toEqual([...basic, "log: an access token"]);
  });

  test("a private key, as it is and in a line of JSON", () => {
    const { write, leaks } = setup();
    const pem = signingKeyToPem(createSigningKey());
    write("key.pem", pem);
    write("log", JSON.stringify({ msg: pem }));
    write("about", "a file with -----BEGIN PRIVATE KEY----- at its beginning");
    expect([...leaks()].sort()).toEqual(["key.pem: a private key", "log: a private key"]);
  });
});

test.skipIf(process.platform === "win32")("only the place for secrets may hold one, and only for its owner", () => {
  const { folder, write, leaks } = setup();
  const path = write("data/secrets/team.token", TOKEN);
  byHand(folder, TOKEN);
  expect(leaks()).toEqual([]);
  chmodSync(path, 0o640);
  expect(leaks()).toEqual(["data/secrets/team.token: plain"]);
});

test("links are not followed: what they lead to is another's", () => {
  const other = setup();
  other.write("token", TOKEN);
  const { folder, leaks } = setup();
  symlinkSync(other.folder, join(folder, "away"));
  symlinkSync(join(other.folder, "token"), join(folder, "token"));
  symlinkSync(folder, join(folder, "round"));
  expect(leaks()).toEqual([]);
});

test("digests and random bytes are no secrets", () => {
  const { write, leaks } = setup();
  const digest = createHash("sha256").update(TOKEN);
  write("a", digest.copy().digest("hex") + digest.copy().digest("base64"));
  expect(leaks()).toEqual([]);
});
