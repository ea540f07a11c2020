import { expect, test } from "vitest";
import { holds, holdsFile, holdsPoint } from "../../../../electron/remote/mlflow/holds.ts";
import type { SyncKind } from "../../../../shared/sync/doc.ts";

const long = (chars: number): string => "x".repeat(chars);

test.each<[SyncKind, string, string | null, string | undefined]>([
  ["experiment", "name", "team/vision", "vision"],
  ["experiment", "tag/mlflow.note.content", long(5000), "old"],
  ["run", "tag/수진/stage", "", undefined],
  ["run", "tag/gone", null, "x"],
  ["run", "param/lr", "0.1", "0.1"],
  ["run", "param/blank", "", undefined],
  ["run", "name", "new name", "old name"],
  ["run", "status", "KILLED", "RUNNING"],
  ["run", "start_time", "1700000000000", undefined],
  ["run", "dataset/a/1", '{"digest":"1","name":"a","source":"s","source_type":"local","tags":[]}', undefined],
  ["registered_model", "alias/champion", "1.2.0", "1.1.0"],
  ["registered_model", "alias/champion", null, "1.1.0"],
  ["registered_model", "description", null, "text"],
  ["model_version", "semver", "1.2.0", undefined],
  ["model_version", "stage", null, "Staging"],
  ["model_version", "param/lr", "0.1", undefined],
  ["model_version", "run_tag/source", "cli", "notebook"],
])("holds the %s's %s", (kind, field, value, now) => {
  expect(holds(kind, field, value, now)).toBe(true);
});

test.each<[SyncKind, string, string | null, string | undefined]>([
  ["experiment", "name", " ", undefined],
  ["experiment", "tag/long", long(5001), undefined],
  ["run", "tag/long", long(8001), undefined],
  ["run", "tag/a//b", "x", undefined],
  ["run", "tag/emoji😀", "x", undefined],
  ["run", "tag/nul", "a\0b", undefined],
  ["run", "tag/half", "\ud800", undefined],
  ["run", "param/lr", "0.2", "0.1"],
  ["run", "param/lr", null, "0.1"],
  ["run", "param/long", long(6001), undefined],
  ["run", "status", "UNKNOWN", "RUNNING"],
  ["run", "end_time", null, "5"],
  ["run", "start_time", "6", "5"],
  ["run", "run_id", "abc", undefined],
  ["run", "dataset/a/b", "{}", undefined],
  ["run", "dataset/a/2", '{"digest":"1","name":"a","source":"s","source_type":"local","tags":[]}', undefined],
  ["registered_model", "name", "new", "old"],
  ["registered_model", "name", "a/b", undefined],
  ["registered_model", "alias/v1", "1.2.0", undefined],
  ["registered_model", "alias/Latest", "1.2.0", undefined],
  ["model_version", "semver", "1.2.1", "1.2.0"],
  ["model_version", "number", "7", undefined],
  ["model_version", "run_tag/mlflow.runName", "x", undefined],
  ["model_version", "stage", "Testing", undefined],
])("does not hold the %s's %s, and says why", (kind, field, value, now) => {
  expect(holds(kind, field, value, now)).toMatch(/^\S.+\.$/);
});

test("holds NaN, negative steps and 64-bit times, and no infinity", () => {
  expect(holdsPoint({ key: "a/b", value: NaN, timestamp: 9007199254740993n, step: -1 })).toBe(true);
  expect(holdsPoint({ key: "a", value: -Infinity, timestamp: 1, step: 0 })).toContain("1.797e308");
  expect(holdsPoint({ key: "a", value: 1, timestamp: -1, step: 0 })).toContain("1970");
});

test.each(["a/b c/모델.bin", "100%.txt", "what?.json", "ab:c"])("holds a file named %s", (path) => {
  expect(holdsFile(path)).toBe(true);
});

test.each(["a#b", "a%41", "../a", "a//b", "C:x", "a\\b", long(256), "a\nb"])("holds no file named %s", (path) => {
  expect(holdsFile(path)).not.toBe(true);
});
