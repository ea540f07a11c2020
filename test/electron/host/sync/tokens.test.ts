import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createRemoteTokens, tokenVariable } from "../../../../electron/host/sync/tokens.ts";
import { byHand, gitlabToken } from "../../../helpers/canary.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const setupTokens = (env: Record<string, string> = {}) => {
  const root = mkdtempSync(join(tmpdir(), "outpost-tokens-"));
  folders.push(root);
  return { root, tokens: createRemoteTokens({ folder: join(root, "secrets"), env }) };
};
const remote = (token_file: string | null = null) => ({ name: "team-models", token_file });

test("a kept token is for this user alone, and gone when it is forgotten", () => {
  const { root, tokens } = setupTokens();
  expect(tokens.read(remote())).toBeUndefined();
  tokens.keep("team-models", ` ${gitlabToken("1")} \n`);
  expect(tokens.read(remote())).toBe(gitlabToken("1"));
  expect(tokens.placeOf(remote())).toBe("kept");
  expect(statSync(join(root, "secrets")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(root, "secrets"))).toEqual(["team-models.token"]);
  expect(statSync(join(root, "secrets", "team-models.token")).mode & 0o777).toBe(0o600);
  tokens.forget("team-models");
  expect(tokens.placeOf(remote())).toBe("none");
});

test("a token file that others can read is refused with the way out, and never quoted", () => {
  const { root, tokens } = setupTokens();
  const file = byHand(root, `${gitlabToken()}\n`);
  expect(tokens.read(remote(file))).toBe(gitlabToken());
  chmodSync(file, 0o644);
  expect(() => tokens.read(remote(file))).toThrow(`The token file ${file} can be read by others: run chmod 600 on it`);
});

test.each(["", "two words", "naïve", "a\u0000b"])("what a header cannot carry is no token: %j", (text) => {
  const { root, tokens } = setupTokens();
  const file = join(root, "token");
  writeFileSync(file, text, { mode: 0o600 });
  expect(() => tokens.read(remote(file))).toThrow("holds no token");
  expect(() => tokens.keep("team-models", text)).toThrow("holds no token");
});

test("a named file that is not there is said, instead of falling back to another token", () => {
  const { root, tokens } = setupTokens({ OUTPOST_TOKEN_TEAM_MODELS: gitlabToken("other") });
  expect(() => tokens.read(remote(join(root, "absent")))).toThrow("is not there");
});

test("a variable serves where no file is named, and what the app gives comes before all", () => {
  const { tokens } = setupTokens({ [tokenVariable("team-models")]: gitlabToken("variable") });
  expect(tokens.read(remote())).toBe(gitlabToken("variable"));
  expect(tokens.placeOf(remote())).toBe("variable:OUTPOST_TOKEN_TEAM_MODELS");
  tokens.give("team-models", gitlabToken("keychain"));
  expect(tokens.read(remote())).toBe(gitlabToken("keychain"));
});
