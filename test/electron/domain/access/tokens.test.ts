import { expect, test } from "vitest";
import { createAccess } from "../../../../electron/domain/access/tokens.ts";
import { openWriter } from "../../../../electron/store/database.ts";
import { createJournal } from "../../../../electron/store/journal.ts";
import { migrate } from "../../../../electron/store/migrate.ts";
import { createTokenStore } from "../../../../electron/store/tokens.ts";
import { createWriter } from "../../../../electron/store/writer.ts";

const setupAccess = () => {
  const db = openWriter(":memory:");
  migrate(db);
  let at = 1000;
  const now = (): number => at++;
  const journal = createJournal(db, now);
  const writer = createWriter(db, journal);
  const access = createAccess({ tokens: createTokenStore(db), journal, now });
  const write = <T>(job: () => T): Promise<T> => writer.write({ actor: "uid:1000", surface: "cli" }, job);
  return { db, access, write };
};

test("a token's secret has 256 random bits, is told once, and only its digest is kept", async () => {
  const { db, access, write } = setupAccess();
  const { secret, ...info } = await write(() => access.create("ci", "editor"));
  expect(secret).toMatch(/^outpost_[\w-]{43}$/);
  expect((await write(() => access.create("ci2", "editor"))).secret).not.toBe(secret);
  expect(access.list()[0]).toEqual(info);
  const everything = JSON.stringify([
    db.prepare("SELECT * FROM tokens").all(),
    db.prepare("SELECT * FROM audit").all(),
  ]);
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(secret.slice(8));
});

test("verify knows a live token by its whole secret", async () => {
  const { access, write } = setupAccess();
  const { secret } = await write(() => access.create("ci", "viewer"));
  expect(access.verify(secret)).toMatchObject({ name: "ci", role: "viewer" });
  for (const wrong of ["", secret.slice(0, -1), `${secret} `, secret.toUpperCase(), "outpost_"])
    expect(access.verify(wrong)).toBeUndefined();
});

test("a revoked token is unknown from then on; revoking twice changes nothing more", async () => {
  const { db, access, write } = setupAccess();
  const { secret } = await write(() => access.create("ci", "admin"));
  const revoked = await write(() => access.revoke("ci"));
  expect(access.verify(secret)).toBeUndefined();
  expect(await write(() => access.revoke("ci"))).toEqual(revoked);
  expect(access.list()).toEqual([revoked]);
  expect(db.prepare("SELECT action, kind, subject, actor FROM audit ORDER BY seq").all()).toEqual([
    { action: "token.create", kind: "token", subject: "ci", actor: "uid:1000" },
    { action: "token.revoke", kind: "token", subject: "ci", actor: "uid:1000" },
  ]);
});

test("a name is used once, also after its token is revoked", async () => {
  const { access, write } = setupAccess();
  await write(() => access.create("ci", "editor"));
  await expect(write(() => access.create("ci", "viewer"))).rejects.toMatchObject({ kind: "already_exists" });
  await write(() => access.revoke("ci"));
  await expect(write(() => access.create("ci", "viewer"))).rejects.toMatchObject({
    kind: "already_exists",
    message: expect.stringContaining("not used twice"),
  });
});

test.each(["", " ci", "a".repeat(101), "a\nb", "a/b", "<b>", "'; DROP TABLE tokens"])(
  "the name '%s' is refused",
  async (name) => {
    const { access, write } = setupAccess();
    await expect(write(() => access.create(name, "editor"))).rejects.toMatchObject({ kind: "invalid" });
  },
);

test("an unknown role and an unknown token are refused", async () => {
  const { access, write } = setupAccess();
  await expect(write(() => access.create("ci", "root"))).rejects.toMatchObject({ kind: "invalid" });
  await expect(write(() => access.create("ci", "constructor"))).rejects.toMatchObject({ kind: "invalid" });
  await expect(write(() => access.revoke("nobody"))).rejects.toMatchObject({ kind: "not_found" });
});
