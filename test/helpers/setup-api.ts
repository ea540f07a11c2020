import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createApp } from "../../electron/api/app.ts";
import { createServices } from "../../electron/host/services.ts";
import { openWriter } from "../../electron/store/database.ts";
import { migrate } from "../../electron/store/migrate.ts";

type Method = "GET" | "POST" | "PATCH" | "DELETE" | "PUT";

export interface ApiOptions {
  /** 32 hex; with it the app has the sync part. */
  readonly workstation?: string;
}

/** The real app over a real, migrated, in-memory database and a temporary artifact folder; no socket, no gate, no mocks. */
export const setupApi = ({ workstation }: ApiOptions = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-api-"));
  const db = openWriter(":memory:");
  migrate(db);
  let clock = 1_700_000_000_000;
  const bugs: unknown[] = [];
  const onError = (error: unknown) => bugs.push(error);
  const now = (): number => clock++;
  /** Who asks, and whether the disk has room: a test's to say. */
  const as = { actor: "uid:1000", room: true };
  const services = createServices({
    db,
    artifactsDir: join(folder, "artifacts"),
    now,
    onError,
    canUpload: () => as.room,
    ...(workstation !== undefined && { sync: { workstation, dataFolder: folder, env: {} } }),
  });
  const app = createApp({
    routes: services.routes,
    mounts: services.mounts,
    write: services.writer.write,
    callerOf: () => ({ actor: as.actor, surface: "test" }),
    onBug: onError,
  });
  onTestFinished(async () => {
    await app.close();
    services.jobs.close();
    await services.sync?.close();
    await services.domains.settler.close(1000);
    db.close();
    rmSync(folder, { recursive: true, force: true });
    if (bugs.length > 0) throw new AggregateError(bugs, "the app met a bug");
  });

  /** Sends JSON (or, for GET, a query) and gives the status and the decoded answer. */
  const send = async (
    method: Method,
    path: string,
    input: Record<string, unknown> = {},
  ): Promise<[number, Record<string, unknown>]> => {
    const query =
      method === "GET"
        ? new URLSearchParams(
            Object.entries(input).flatMap(([k, v]) => [v].flat().map((x): [string, string] => [k, String(x)])),
          )
        : "";
    const response = await app.inject({
      method,
      url: `${path}${query ? `?${query.toString()}` : ""}`,
      ...(method === "GET" ? {} : { headers: { "content-type": "application/json" }, payload: JSON.stringify(input) }),
    });
    return [response.statusCode, response.json<Record<string, unknown>>()];
  };
  const mlflow = (path: string) => `/api/2.0/mlflow/${path}`;
  return {
    app,
    as,
    db,
    folder,
    now,
    services,
    send,
    get: (path: string, query?: Record<string, unknown>) => send("GET", mlflow(path), query),
    post: (path: string, body?: Record<string, unknown>) => send("POST", mlflow(path), body),
    /** Creates a run in the default experiment and gives its id. */
    run: async (body: Record<string, unknown> = {}): Promise<string> => {
      const [, answer] = await send("POST", mlflow("runs/create"), { experiment_id: "0", ...body });
      return (answer["run"] as { info: { run_id: string } }).info.run_id;
    },
  };
};
