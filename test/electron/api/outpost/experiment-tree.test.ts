import { expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupTree = () => {
  const api = setupApi();
  const view = (path: string) => api.send("GET", `/api/outpost/v1/${path}`);
  const experiment = async (name: string, tags: { key: string; value: string }[] = []): Promise<string> =>
    String((await api.post("experiments/create", { name, tags }))[1]["experiment_id"]);
  return { ...api, view, experiment };
};

test("all experiments come at once with counts, note and tags, the latest active first; deleted ones do not", async () => {
  const { view, experiment, run, post } = setupTree();
  const busy = await experiment("team/busy", [
    { key: "stage", value: "x".repeat(300) },
    { key: "mlflow.note.content", value: "about it" },
  ]);
  await post("experiments/delete", { experiment_id: await experiment("gone") });
  await run({ experiment_id: busy, start_time: 1_900_000_000_000 });
  const [status, answer] = await view("experiment-tree");
  expect([status, answer]).toMatchObject([
    200,
    {
      total: 2,
      experiments: [
        {
          experiment_id: busy,
          name: "team/busy",
          runs: 1,
          running: 1,
          last_activity: 1_900_000_000_000,
          note: "about it",
          tags: [{ key: "stage", value: "x".repeat(200) }],
        },
        { name: "Default", runs: 0, tags: [] },
      ],
    },
  ]);
});

test("sizes count the artifacts of each experiment, and of no other with a longer number", async () => {
  const { view, experiment, run, app } = setupTree();
  const ids: string[] = [];
  for (let i = 0; i < 10; i += 1) ids.push(await experiment(`e${i}`));
  const put = async (id: string, content: string): Promise<void> => {
    const runId = await run({ experiment_id: id });
    const answer = await app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${id}/${runId}/artifacts/f.txt`,
      headers: { "content-type": "application/octet-stream" },
      payload: content,
    });
    expect(answer.statusCode).toBe(200);
  };
  await put("1", "12345");
  await put("10", "1234567");
  const sizes = (await view("experiment-sizes"))[1]["sizes"] as { experiment_id: string; bytes: number }[];
  expect(sizes.filter(({ bytes }) => bytes > 0)).toEqual([
    { experiment_id: "1", bytes: 5 },
    { experiment_id: "10", bytes: 7 },
  ]);
});

test("the overview says how runs went and which data they used; an unknown experiment is named", async () => {
  const { view, run, post } = setupTree();
  const input = (digest: string, context?: string) => ({
    dataset: { name: "mnist", digest, source_type: "local", source: "{}" },
    tags: context === undefined ? [] : [{ key: "mlflow.data.context", value: context }],
  });
  const [a, b, c] = [await run(), await run(), await run()];
  await post("runs/log-inputs", { run_id: a, datasets: [input("d1", "train"), input("d2")] });
  await post("runs/log-inputs", { run_id: b, datasets: [input("d1", "eval")] });
  await post("runs/update", { run_id: b, status: "FAILED", end_time: 5 });
  await post("runs/log-inputs", { run_id: c, datasets: [input("d2", "train")] });
  await post("runs/delete", { run_id: c });
  expect(await view("experiments/0/overview")).toEqual([
    200,
    {
      statuses: [
        { status: "FAILED", runs: 1 },
        { status: "RUNNING", runs: 1 },
      ],
      datasets: [
        { name: "mnist", digest: "d1", source_type: "local", contexts: ["eval", "train"], runs: 2 },
        { name: "mnist", digest: "d2", source_type: "local", contexts: [], runs: 1 },
      ],
    },
  ]);
  expect((await view("experiments/77/overview"))[0]).toBe(404);
});
