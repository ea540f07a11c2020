import { expect, test } from "vitest";
import { createSyncStore } from "../../../../electron/store/sync/create.ts";
import { fieldOf, textOf } from "../../../helpers/http-client.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const SYNC = "/api/outpost/v1/sync";

/** A served store with a remote that has a run and a model of it, both in the trash here. */
const setup = async () => {
  const { app, as, db, now } = setupApi({ workstation: "a".repeat(32) });
  const send = async (method: "GET" | "POST" | "DELETE" | "PUT", path: string, input?: object | Buffer) => {
    const isBytes = Buffer.isBuffer(input);
    const answer = await app.inject({
      method,
      url: path,
      ...(input && {
        headers: { "content-type": isBytes ? "application/octet-stream" : "application/json" },
        payload: isBytes ? input : JSON.stringify(input),
      }),
    });
    const body: unknown = answer.body === "" ? {} : answer.json();
    return { status: answer.statusCode, body };
  };
  const mlflow = (path: string, input: object, method: "POST" | "DELETE" = "POST") =>
    send(method, `/api/2.0/mlflow/${path}`, input);

  const { body } = await mlflow("runs/create", { experiment_id: "0", run_name: "old" });
  const runId = textOf(body, "run", "info", "run_id");
  await send("PUT", `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/a.bin`, Buffer.alloc(1200));
  await mlflow("registered-models/create", { name: "leaver" });
  await mlflow("runs/create", { experiment_id: "0", run_name: "kept" });

  const state = createSyncStore(db, now);
  const remote = state.remotes.add({ name: "lab", kind: "mlflow", base_url: "http://127.0.0.1:1" });
  const settled = { base: { fields: {}, files: {}, points: 0, points_mark: "" }, rev: 0, fingerprint: "f", note: 0 };
  const uidOf = (table: string, where: string): string =>
    db.prepare<[], string>(`SELECT uid FROM ${table} WHERE ${where}`).pluck().get() ?? "";
  const run = { kind: "run" as const, uid: uidOf("runs", "name = 'old'") };
  const model = { kind: "registered_model" as const, uid: uidOf("registered_models", "name = 'leaver'") };
  const kept = { kind: "run" as const, uid: uidOf("runs", "name = 'kept'") };
  for (const [i, ref] of [run, model, kept].entries())
    state.objects.settle(remote.id, ref, { ...settled, remote_id: `far-${i}` });
  const list = async (): Promise<unknown> => (await send("GET", `${SYNC}/removals?remote=lab`)).body;
  return { as, list, mlflow, send, state, remote, run, model, runId };
};

test("what is in the trash here and still there is listed with its files; what is not deleted is not", async () => {
  const { list, mlflow, runId, run, model } = await setup();
  expect(await list()).toEqual({ removals: [], more: false });
  await mlflow("runs/delete", { run_id: runId });
  await mlflow("registered-models/delete", { name: "leaver" }, "DELETE");
  expect(await list()).toEqual({
    removals: [
      { ...model, label: "leaver", files: 0, bytes: 0, agreed: false },
      { ...run, label: "old", files: 1, bytes: 1200, agreed: false },
    ],
    more: false,
  });
});

test("each is agreed to by its name, and taken back; nobody unproven agrees", async () => {
  const { as, list, mlflow, send, state, remote, model } = await setup();
  await mlflow("registered-models/delete", { name: "leaver" }, "DELETE");
  const agree = async (name: string) =>
    (await send("POST", `${SYNC}/removals`, { remote: "lab", ...model, name })).status;
  expect(await agree("leave")).toBe(400);
  as.actor = "local user, unproven";
  expect(await agree("leaver")).toBe(403);
  as.actor = "uid:1000";
  expect(await agree("leaver")).toBe(200);
  expect(fieldOf(await list(), "removals", "0", "agreed")).toBe(true);
  expect(state.consents.all(remote.id)).toMatchObject([model]);
  const back = () => send("POST", `${SYNC}/removals/withdraw`, { remote: "lab", ...model });
  as.actor = "local user, unproven";
  expect((await back()).status).toBe(403);
  as.actor = "uid:1000";
  expect((await back()).status).toBe(200);
  expect(state.consents.all(remote.id)).toEqual([]);
});
