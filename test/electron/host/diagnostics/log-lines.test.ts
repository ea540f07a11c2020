import { expect, test } from "vitest";
import { cleanLogLine, withoutNames } from "../../../../electron/host/diagnostics/log-lines.ts";
import { createPersonalRedactor } from "../../../../electron/host/redact.ts";

const clean = createPersonalRedactor({
  dataFolder: "/home/mira/secret-project/data",
  homes: ["/home/mira"],
  users: ["mira"],
  hosts: ["gpu-box-7"],
});
const cleaned = (fields: object): string => cleanLogLine(JSON.stringify({ level: 40, ...fields }), clean);

test.each([
  [
    "a quoted name in an error",
    {
      err: {
        type: "TypeError",
        message: "No run 'canary' here",
        stack: "TypeError: canary\n    at f (/a/canary/b.ts:1:2)",
      },
    },
  ],
  [
    "an expected failure's message",
    { err: { type: "DomainError", message: "Run canary is deleted", stack: "DomainError: canary" } },
  ],
  ["a name with quotes inside", { msg: "could not rename 'bob's canary' to 'canary's other'" }],
  ["a name in double quotes", { msg: 'the model "canary" is taken' }],
  ["a quote that never ends", { msg: "Unexpected token in 'canary" }],
  ["a path", { msg: "cannot open runs/canary/model.pkl now" }],
  ["a Windows path", { msg: "cannot open D:\\Users\\me\\canary.txt now" }],
  ["a text field", { subject: "canary" }],
  ["a list", { missing: [{ subject: "canary" }] }],
  ["an object", { row: { name: "canary" } }],
  ["a field that poses as a plain one", { name: "canary" }],
  ["a plain field with other people's words", { type: "the 'canary' one" }],
  [
    "a file of other people's in a stack",
    { err: { type: "TypeError", message: "odd", stack: "TypeError: odd\n    at f (/work/canary/train.py.ts:1:1)" } },
  ],
  [
    "a message that poses as a stack",
    {
      err: {
        type: "TypeError",
        message: "odd\n  at canary (/x/dist/canary.js:1:1)",
        stack: "TypeError: odd\n  at canary (/x/dist/canary.js:1:1)\n    at f (/x/dist/a.js:1:1)",
      },
    },
  ],
  ["a token", { msg: "asked with Authorization: Bearer c4n4ryc4n4ry" }],
  ["a home", { msg: "the folder /home/mira/canary is full" }],
])("%s is left out", (_what, fields) => {
  expect(cleaned(fields)).not.toMatch(/canary|c4n4ry/i);
});

test("a line that is none of ours only counts", () => {
  expect(cleanLogLine('{"level":30,"msg":"canar', clean)).toBe('{"left_out":24}');
  expect(cleanLogLine("[1]", clean)).toBe('{"left_out":3}');
});

test("what the host itself wrote stays", () => {
  const line = cleaned({
    time: "2026-01-01T00:00:00.000Z",
    pid: 7,
    url: "http://127.0.0.1:5000",
    backup: "outpost-20260101T000000000Z-daily.db",
    sizeBytes: 4096,
    ok: true,
    err: {
      type: "SqliteError",
      code: "SQLITE_FULL",
      message: "database or disk is full",
      stack:
        "SqliteError: x\n    at write (/opt/outpost/dist/worker.js:10:5)\n    at node:internal/x:1:2\n    at async Object.run (file:///src/electron/host/host.ts:3:4)",
    },
    msg: "a bug in POST /api/2.0/mlflow/runs/:run_id",
  });
  expect(JSON.parse(line)).toEqual({
    level: 40,
    time: "2026-01-01T00:00:00.000Z",
    pid: 7,
    url: "http://127.0.0.1:5000",
    backup: "outpost-20260101T000000000Z-daily.db",
    sizeBytes: 4096,
    ok: true,
    err: {
      type: "SqliteError",
      code: "SQLITE_FULL",
      message: "database or disk is full",
      stack: ["write (worker.js:10:5)", "x:1:2", "async Object.run (host.ts:3:4)"],
    },
    msg: "a bug in POST /api/2.0/mlflow/runs/:run_id",
  });
});

test("people's folders, names and machines become plain words", () => {
  expect(clean("/home/mira/secret-project/data/logs of Mira on gpu-box-7; admiral stays")).toBe(
    "[data-folder]/logs of [user] on [host]; admiral stays",
  );
  expect(clean("/home/mira/x and /home/otto/y and C:\\\\Users\\\\otto\\\\z")).toBe(
    "~/x and /home/[user]/y and C:\\\\Users\\\\[user]\\\\z",
  );
  expect(withoutNames("the disk is getting full: 12 MB are free")).toBe("the disk is getting full: 12 MB are free");
});
