import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "../../../electron/host/log.ts";
import { redactSecrets } from "../../../electron/host/redact.ts";
import { createRollingFile } from "../../../electron/host/rolling-file.ts";
import { CANARY, gitlabToken } from "../../helpers/canary.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** With the signs that a token may have. */
const SECRET = `${CANARY}-S3cr3t_Value.9`;

const setup = (level: "info" | "debug" = "info") => {
  const folder = temporaryFolder();
  const person: string[] = [];
  const hostLog = createLog({ folder, level, maxBytes: 1e6, keep: 2, toPerson: (line) => person.push(line) });
  const text = (): string => readFileSync(join(folder, "outpost.log"), "utf8");
  return { ...hostLog, folder, person, text };
};

test.each([
  ["a header field", { headers: { authorization: `Bearer ${SECRET}` } }, "request"],
  ["a Basic header", { authorization: `Basic ${SECRET}` }, "request"],
  ["a list of headers", { rawHeaders: ["Authorization", `Bearer ${SECRET}`] }, "request"],
  ["a token field", { token: SECRET }, "made"],
  ["a field that ends in token", { a: { mlflow_tracking_token: SECRET } }, "made"],
  ["a secret field", { made: [{ secret: SECRET }] }, "made"],
  ["a password", { password: SECRET }, "made"],
  ["a GitLab header", { "private-token": SECRET }, "sync"],
  ["JSON inside a string", { body: JSON.stringify({ secret: SECRET, name: "ci" }) }, "body"],
  ["a sentence", {}, `asked with Authorization: Bearer ${SECRET} and was refused`],
  ["a query", {}, `GET /x?token=${SECRET}&a=1`],
  ["an Outpost token anywhere", {}, `got outpost_${SECRET} here`],
  ["a GitLab token anywhere", {}, `got ${gitlabToken()} here`],
  ["credentials in a URL", {}, `proxy http://user:${SECRET}@proxy.example:3128`],
  ["a token as the name in a URL", {}, `proxy http://${SECRET}@proxy.example:3128`],
  ["an error's message", { err: new Error(`token=${SECRET}`) }, "failed"],
])("%s keeps its secret out of the file and off stderr", (_name, fields, message) => {
  const { log, close, text, person } = setup();
  log.warn(fields, message);
  close();
  const everything = text() + person.join("\n");
  expect(everything).toContain("[redacted]");
  expect(everything).not.toContain(CANARY);
  expect(() =>
    text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).not.toThrow();
});

test("what is no secret stays readable", () => {
  const line =
    '{"level":30,"name":"tokenizer","max_tokens":128,"require_token":true,"path":"/api/2.0/mlflow/runs/get"}';
  expect(redactSecrets(line)).toBe(line);
});

test("warnings and errors reach a person in words, the rest only the file", () => {
  const { log, close, text, person } = setup();
  log.info("quiet");
  log.warn("the disk is getting full");
  log.error("no more writes");
  close();
  expect(person).toEqual(["outpost: warning: the disk is getting full", "outpost: error: no more writes"]);
  expect(text().trim().split("\n")).toHaveLength(3);
});

test("an error is in the file at once, also when nobody closes it", () => {
  const { log, text } = setup();
  log.error("last words");
  expect(text()).toContain("last words");
});

test("rolls by size and keeps no more files than asked", () => {
  const folder = temporaryFolder();
  const file = createRollingFile({
    folder,
    name: "outpost",
    maxBytes: 100,
    keep: 2,
    onError: (error) => {
      throw error;
    },
  });
  for (let i = 0; i < 10; i++) {
    file.write(`${i}${"x".repeat(60)}\n`);
    file.flush();
  }
  file.close();
  expect(readdirSync(folder).sort()).toEqual(["outpost.1.log", "outpost.2.log", "outpost.log"]);
  expect(readFileSync(join(folder, "outpost.log"), "utf8")).toMatch(/^9x/);
  expect(readFileSync(join(folder, "outpost.2.log"), "utf8")).toMatch(/^7x/);
  expect(statSync(join(folder, "outpost.log")).mode & 0o777).toBe(0o600);
});
