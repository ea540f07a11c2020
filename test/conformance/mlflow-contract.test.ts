/** The suite of all far sides against the real `mlflow server`, whose database is emptied between two tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe } from "vitest";
import { remoteContract } from "../electron/remote/remote.contract.ts";
import { mlflowRemote } from "../helpers/mlflow-remote.ts";
import { hasVenv, startMlflow } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const KEPT = ["alembic_version", "workspaces"];

const empty = (file: string): void => {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 10_000 });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").all();
  db.exec("BEGIN IMMEDIATE");
  for (const { name } of tables) if (typeof name === "string" && !KEPT.includes(name)) db.exec(`DELETE FROM "${name}"`);
  db.exec("COMMIT");
  db.close();
};

const missing = hasVenv() ? "" : " (skipped: no virtual environment with MLflow)";

describe.skipIf(missing !== "")(`the real server${missing}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-mlflow-contract-"));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startMlflow(folder);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  remoteContract(
    "mlflow server",
    () => {
      empty(join(folder, "mlflow.db"));
      return Promise.resolve({ remote: mlflowRemote(server.url), other: mlflowRemote(server.url) });
    },
    { runsByStartOnly: true },
  );
});
