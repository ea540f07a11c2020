import { expect, onTestFinished, test } from "vitest";
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate } from "../../../../electron/store/migrate.ts";
import { createStorageViews } from "../../../../electron/store/views/storage.ts";

const setup = () => {
  const db = openWriter(":memory:");
  migrate(db);
  onTestFinished(() => void db.close());
  const blob = (sha: string, size: number) =>
    db.prepare("INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, 0)").run(sha, size);
  const file = (path: string, sha: string, size: number) =>
    db.prepare("INSERT INTO artifacts (path, sha256, size, modified_at) VALUES (?, ?, ?, 0)").run(path, sha, size);
  return { db, blob, file, sizes: () => createStorageViews(db).sizes() };
};

test("an empty store keeps nothing", () => {
  expect(setup().sizes()).toEqual({
    stored_files: 0,
    stored_bytes: 0,
    listed_files: 0,
    listed_bytes: 0,
    saved_bytes: 0,
    experiments: [],
    more_experiments: 0,
  });
});

test("bytes that are listed twice lie once; what nothing lists is stored but saves nothing", () => {
  const { db, blob, file, sizes } = setup();
  db.exec("INSERT INTO experiments (id, name, creation_time, last_update_time) VALUES (7, 'seven', 0, 0)");
  blob("a", 100);
  blob("b", 30);
  blob("unused", 5);
  file("0/r1/artifacts/x", "a", 100);
  file("7/r2/artifacts/x", "a", 100);
  file("7/models/m-1/artifacts/y", "b", 30);
  expect(sizes()).toEqual({
    stored_files: 3,
    stored_bytes: 135,
    listed_files: 3,
    listed_bytes: 230,
    saved_bytes: 100,
    experiments: [
      { experiment_id: "7", name: "seven", runs: 0, files: 2, bytes: 130 },
      { experiment_id: "0", name: "Default", runs: 0, files: 1, bytes: 100 },
    ],
    more_experiments: 0,
  });
});

test("the largest 200 experiments are listed and the others counted", () => {
  const { db, blob, file, sizes } = setup();
  blob("a", 1);
  for (let id = 1; id <= 203; id += 1) {
    db.prepare("INSERT INTO experiments (id, name, creation_time, last_update_time) VALUES (?, ?, 0, 0)").run(
      id,
      `${id}`,
    );
    for (let n = 0; n < (id === 203 ? 3 : 1); n += 1) file(`${id}/r/artifacts/${n}`, "a", 1);
  }
  const { experiments, more_experiments } = sizes();
  expect([experiments.length, experiments[0]?.experiment_id, more_experiments]).toEqual([200, "203", 3]);
});
