import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createRemotes } from "../../../../electron/host/sync/remotes.ts";
import { createRemoteTokens } from "../../../../electron/host/sync/tokens.ts";
import { createSyncStore } from "../../../../electron/store/sync/create.ts";
import { setupStore } from "../../../helpers/store.ts";
import { CANARY, gitlabToken, password } from "../../../helpers/canary.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const setupRemotes = () => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-remotes-"));
  folders.push(folder);
  const { db } = setupStore();
  const state = createSyncStore(db, () => 1000);
  const tokens = createRemoteTokens({ folder: join(folder, "secrets"), env: {} });
  const busy = new Set<string>();
  const remotes = createRemotes({ state, tokens, jobOf: (name) => (busy.has(name) ? "job" : null) });
  return { folder, db, state, tokens, busy, remotes };
};
const gitlab = { name: "team", kind: "gitlab", url: "https://gitlab.example.com/", project: "group/models" } as const;

test("a remote is added with what was said of it, and waits for its first plan", () => {
  const { remotes, tokens } = setupRemotes();
  const row = remotes.add({ ...gitlab, token: gitlabToken("1"), class_max: "official", up_limit: 500 });
  expect(remotes.toInfo(row)).toMatchObject({
    name: "team",
    url: "https://gitlab.example.com",
    project: "group/models",
    token_place: "kept",
    class_max: "official",
    up_limit: 500_000,
    mode: "ask",
    files: "light",
    first_contact: true,
    state: "new",
  });
  expect(tokens.read(row)).toBe(gitlabToken("1"));
  expect(JSON.stringify(remotes.list())).not.toContain(CANARY);
});

test.each([
  [{ name: "../x" }, "Invalid value '../x' for 'name'"],
  [{ url: "ftp://x" }, "'url'"],
  [{ url: "not an address" }, "'url'"],
  [{ url: "https://x.example/?a=1" }, "before any '?'"],
  [{ project: "" }, "needs its project"],
  [{ token_file: "relative" }, "'token_file'"],
  [{ ca_file: "/does/not/exist" }, "cannot be read"],
  [{ up_limit: -1 }, "'up_limit'"],
  [{ token: "a", token_file: "/b" }, "not both"],
])("what cannot be a remote is refused by name: %j", (wrong, message) => {
  const { remotes } = setupRemotes();
  expect(() => remotes.add({ ...gitlab, ...wrong })).toThrow(message);
  expect(remotes.list()).toEqual([]);
});

test.each([
  ["a password", `https://me:${password()}@x.example`, "Invalid value 'https://x.example' for 'url'"],
  ["a token as a name", `https://${gitlabToken()}@x.example/group`, "does not belong in it"],
  ["a password without https", `me:${password()}@x.example`, "Invalid value '[redacted]@x.example' for 'url'"],
  ["an address that cannot be", `https://me:${password()}@x y`, "it must be an https or http address"],
  [
    "a token in a query",
    `https://x.example/?private_token=${gitlabToken()}`,
    "Invalid value 'https://x.example/?[redacted]'",
  ],
  ["a token in a fragment", `https://x.example/#${gitlabToken()}`, "'https://x.example/#[redacted]'"],
])("%s in an address is refused and not repeated, neither for a remote nor for its proxy", (_what, url, message) => {
  const { remotes } = setupRemotes();
  for (const wrong of [{ url }, { proxy: url }]) {
    expect(() => remotes.add({ ...gitlab, ...wrong })).toThrow(message);
    expect(() => remotes.add({ ...gitlab, ...wrong })).not.toThrow(CANARY);
  }
});

test("a file of certificates must hold one", () => {
  const { remotes, folder } = setupRemotes();
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, "nothing");
  expect(() => remotes.add({ ...gitlab, ca_file: ca })).toThrow("holds no certificate in PEM");
});

test("a name is taken once", () => {
  const { remotes } = setupRemotes();
  remotes.add(gitlab);
  expect(() => remotes.add(gitlab)).toThrow("There is a remote 'team' already");
});

test("a changed setting leaves the others; another address makes the first plan wait again", () => {
  const { remotes, state } = setupRemotes();
  const { id } = remotes.add({ ...gitlab, class_max: "secret", required_tags: ["department"] });
  state.remotes.update(id, { accepted_at: 5 });
  remotes.update({ name: "team", mode: "auto" });
  expect(remotes.find("team")).toMatchObject({ mode: "auto", class_max: "secret", accepted_at: 5 });
  remotes.update({ name: "team", clear: ["class_max"] });
  expect(remotes.find("team")).toMatchObject({ class_max: null, required_tags: ["department"] });
  remotes.update({ name: "team", url: "https://gitlab.example.com" });
  expect(remotes.find("team").accepted_at).toBe(5);
  remotes.update({ name: "team", url: "https://other.example.com" });
  expect(remotes.find("team").accepted_at).toBeNull();
  expect(() => remotes.update({ name: "team", clear: ["kind"] })).toThrow("'clear'");
});

test("a remote that is being synced is not removed; a removed one leaves no token", () => {
  const { remotes, busy, tokens } = setupRemotes();
  const row = remotes.add({ ...gitlab, token: gitlabToken("1") });
  busy.add("team");
  expect(() => remotes.remove("team")).toThrow("is being synced");
  busy.delete("team");
  remotes.remove("team");
  expect(remotes.list()).toEqual([]);
  expect(tokens.read(row)).toBeUndefined();
  expect(() => remotes.find("team")).toThrow("No remote 'team': there are none yet");
});

test("a kept token that has become readable by others is a problem in the list, not its end", () => {
  const { remotes, folder } = setupRemotes();
  remotes.add({ ...gitlab, token: gitlabToken("1") });
  chmodSync(join(folder, "secrets", "team.token"), 0o644);
  expect(remotes.list()[0]?.token_place).toContain("problem:The token file");
  chmodSync(join(folder, "secrets", "team.token"), 0o600);
});
