import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "../../../electron/host/log.ts";
import { redactSecrets } from "../../../electron/host/redact.ts";
import { createRollingFile } from "../../../electron/host/rolling-file.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const CANARY = "c4n4ry-S3cr3t_Value.9";

const setup = (level: "info" | "debug" = "info") => {
  const folder = temporaryFolder();
  const person: string[] = [];
  const hostLog = createLog({ folder, level, maxBytes: 1e6, keep: 2, toPerson: (line) => person.push(line) });
  const text = (): string => readFileSync(join(folder, "outpost.log"), "utf8");
  return { ...hostLog, folder, person, text };
};

test.each([
  ["a header field", { headers: { authorization: `Bearer ${CANARY}` } }, "request"],
  ["a Basic header", { authorization: `Basic ${CANARY}` }, "request"],
  ["a list of headers", { rawHeaders: ["Authorization", `Bearer ${CANARY}`] }, "request"],
  ["a token field", { token: CANARY }, "made"],
  ["a field that ends in token", { a: { mlflow_tracking_token: CANARY } }, "made"],
  ["a secret field", { made: [{ secret: CANARY }] }, "made"],
  ["a password", { password: CANARY }, "made"],
  ["a GitLab header", { "private-token": CANARY }, "sync"],
  ["JSON inside a string", { body: JSON.stringify({ secret: CANARY, name: "ci" }) }, "body"],
  ["a sentence", {}, `asked with Authorization: Bearer ${CANARY} and was refused`],
  ["a query", {}, `GET /x?token=${CANARY}&a=1`],
  ["an Outpost token anywhere", {}, `got outpost_${CANARY} here`],
  ["a GitLab token anywhere", {}, "got glpat-c4n4ryc4n4ryc4n4ry here"],
  ["credentials in a URL", {}, `proxy http://user:${CANARY}@proxy.example:3128`],
  ["an error's message", { err: new Error(`token=${CANARY}`) }, "failed"],
])("%s keeps its secret out of the file and off stderr", (_name, fields, message) => {
  const { log, close, text, person } = setup();
  log.warn(fields, message);
  close();
  const everything = text() + person.join("\n");
  expect(everything).toContain("[redacted]");
  expect(everything).not.toMatch(/c4n4ry/i);
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
