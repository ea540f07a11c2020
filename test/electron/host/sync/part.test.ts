import { expect, test } from "vitest";
import { createServices } from "../../../../electron/host/services.ts";
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate } from "../../../../electron/store/migrate.ts";
import { createSyncStore } from "../../../../electron/store/sync/create.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const now = (): number => 1_700_000_000_000;

test("what an earlier process left under way is uncertain after a start, and its sync was cut off", async () => {
  const db = openWriter(":memory:");
  migrate(db);
  const left = createSyncStore(db, now);
  const { id } = left.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://hub.example" });
  const ref = { kind: "run" as const, uid: "a".repeat(32) };
  left.ops.begin(id, ref, "create", { name: "n" }, 7);
  left.runs.begin(id, "push", "ann", 5);

  const folder = temporaryFolder();
  const errors: unknown[] = [];
  const { writer, sync } = createServices({
    db,
    artifactsDir: folder,
    now,
    onError: (error) => void errors.push(error),
    sync: { workstation: "b".repeat(32), dataFolder: folder, env: {} },
  });
  await writer.write({ actor: "uid:1", surface: "test" }, () => undefined); // in the order in which they came
  expect(left.ops.find(id, ref)).toMatchObject({ state: "uncertain", step: "create" });
  expect(left.runs.list(id, 9)).toMatchObject([{ outcome: "interrupted", ended_at: now() }]);
  expect(errors).toEqual([]);
  await sync?.close();
});
