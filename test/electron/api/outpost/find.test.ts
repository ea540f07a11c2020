import { describe, expect, test } from "vitest";
import type { FindRow } from "../../../../shared/api/outpost/find.ts";
import { fold } from "../../../../electron/store/search-index/fold.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupFind = () => {
  const api = setupApi();
  const view = (path: string, query: Record<string, unknown> = {}) => api.send("GET", `/api/outpost/v1/${path}`, query);
  const rows = async (text: string, query: Record<string, unknown> = {}): Promise<FindRow[]> => {
    const [status, answer] = await view("find", { text, ...query });
    expect([status, answer["behind"]]).toEqual([200, 0]);
    return answer["rows"] as FindRow[];
  };
  /** What is found, as `kind title`. */
  const found = async (text: string, query: Record<string, unknown> = {}): Promise<string[]> =>
    (await rows(text, query)).map(({ kind, title }) => `${kind} ${title}`);
  const experiment = async (name: string, tags: Record<string, string> = {}): Promise<string> =>
    String(
      (
        await api.post("experiments/create", {
          name,
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        })
      )[1]["experiment_id"],
    );
  const model = (name: string, description = "") => api.post("registered-models/create", { name, description });
  return { ...api, view, rows, found, experiment, model };
};

test("everything that has a name is found by a part of it, with what its address is made of", async () => {
  const { rows, run, post, experiment, model } = setupFind();
  const experiment_id = await experiment("churn/boosting");
  const run_id = await run({ experiment_id, run_name: "churn-trial" });
  await post("runs/log-batch", {
    run_id,
    metrics: [{ key: "churn_auc", value: 1, timestamp: 1, step: 0 }],
    params: [{ key: "churn.rate", value: "1" }],
    tags: [{ key: "churn-team", value: "x" }],
  });
  await post("runs/log-inputs", {
    run_id,
    datasets: [{ dataset: { name: "churn-2026", digest: "abc", source_type: "local", source: "{}" }, tags: [] }],
  });
  await model("churn");
  const source = `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts/m`;
  await post("model-versions/create", { name: "churn", source, run_id });
  const all = await rows("churn");
  expect(all).toMatchObject([
    { kind: "experiment", id: experiment_id, title: "churn/boosting", experiment_id },
    { kind: "run", id: run_id, title: "churn-trial", context: "churn/boosting", experiment_id, status: "RUNNING" },
    { kind: "registered_model", id: "churn", title: "churn" },
    { kind: "model_version", id: "churn/1", version: "1", semver: "1.0.0" },
    { kind: "dataset", title: "churn-2026", digest: "abc", experiment_id },
    { kind: "metric", id: "churn_auc", experiment_id, context: "churn/boosting" },
    { kind: "param", id: "churn.rate" },
    { kind: "tag", id: "churn-team" },
  ]);
});

test.each([
  ["resn", ["run resnet50"]],
  ["NET50", ["run resnet50"]],
  ["고객", ["run 고객 이탈 실험"]],
  ["이탈", ["run 고객 이탈 실험"]],
  ["탈", ["run 고객 이탈 실험"]],
  ["実験", ["run 画像認識の実験"]],
  ["画像認識", ["run 画像認識の実験"]],
  ["resume", ["run Résumé-parser"]],
  ["ＲＥＳＮＥＴ", ["run resnet50"]],
  ["100%", ["run 100% [ok]*"]],
  ["[ok]*", ["run 100% [ok]*"]],
  ["parser résumé", ["run Résumé-parser"]],
  ["resnet vit", []],
  ["*", ["run 100% [ok]*"]],
])("the text %s finds %j", async (text, expected) => {
  const { found, run } = setupFind();
  for (const run_name of ["resnet50", "고객 이탈 실험", "画像認識の実験", "Résumé-parser", "100% [ok]*", "vit"])
    await run({ run_name });
  expect(await found(text)).toEqual(expected);
});

test("the same name comes before one that begins with it, that before a word in it, that before a note; then the newest", async () => {
  const { found, run } = setupFind();
  for (const run_name of ["my resnet", "resnet", "preresnet", "resnet-old", "resnet-new"]) await run({ run_name });
  await run({ run_name: "other", tags: [{ key: "mlflow.note.content", value: "unlike resnet it is small" }] });
  expect(await found("resnet", { max_results: 10 })).toEqual([
    "run resnet",
    "run resnet-new",
    "run resnet-old",
    "run my resnet",
    "run preresnet",
    "run other",
  ]);
});

test("a note or a tag is found and shown where its words stand; tags for machines are not", async () => {
  const { rows, found, run } = setupFind();
  await run({
    run_name: "a",
    tags: [
      { key: "mlflow.note.content", value: `${"before ".repeat(9)}the Gradient exploded at noon` },
      { key: "mlflow.log-model.history", value: "machinery" },
      { key: "team", value: "payments" },
    ],
  });
  expect((await rows("gradient"))[0]?.excerpt).toBe("…before before before the Gradient exploded at noon");
  expect(await found("payments")).toEqual(["run a"]);
  expect(await found("machinery")).toEqual([]);
});

test("a run is found by the beginning of its id, an experiment by its number, a version by semver and alias", async () => {
  const { rows, found, run, post, model } = setupFind();
  const run_id = await run({ run_name: "by-id" });
  await model("churn");
  await post("model-versions/create", { name: "churn", source: `mlflow-artifacts:/0/${run_id}/artifacts/m`, run_id });
  await post("registered-models/alias", { name: "churn", alias: "champion", version: "1" });
  expect((await rows(run_id.slice(0, 6))).map(({ id }) => id)).toEqual([run_id]);
  expect(await found("0", { kinds: ["experiment"] })).toEqual(["experiment Default"]);
  expect(await found("churn 1.0.0")).toEqual(["model_version churn"]);
  expect(await found("@champion")).toEqual(["model_version churn"]);
});

describe("the index follows", () => {
  test("renames, tags and a model's name in its versions", async () => {
    const { found, run, post, model } = setupFind();
    const run_id = await run({ run_name: "before" });
    await model("old-name");
    await post("model-versions/create", {
      name: "old-name",
      source: `mlflow-artifacts:/0/${run_id}/artifacts/m`,
      run_id,
    });
    expect(await found("before")).toEqual(["run before"]);
    await post("runs/update", { run_id, run_name: "after" });
    await post("registered-models/rename", { name: "old-name", new_name: "new-name" });
    expect(await found("before")).toEqual([]);
    expect(await found("after")).toEqual(["run after"]);
    expect(await found("old-name")).toEqual([]);
    expect(await found("new-name")).toEqual(["registered_model new-name", "model_version new-name"]);
    await post("runs/set-tag", { run_id, key: "stage", value: "candidate" });
    expect(await found("candidate")).toEqual(["run after"]);
    await post("runs/delete-tag", { run_id, key: "stage" });
    expect(await found("candidate")).toEqual([]);
  });

  test("an alias that moves to another version, and one that is taken away", async () => {
    const { rows, run, post, send, model } = setupFind();
    const run_id = await run({ run_name: "source" });
    await model("churn");
    for (let i = 0; i < 2; i += 1)
      await post("model-versions/create", {
        name: "churn",
        source: `mlflow-artifacts:/0/${run_id}/artifacts/m`,
        run_id,
      });
    const champions = async () => (await rows("@champion")).map(({ version }) => version);
    await post("registered-models/alias", { name: "churn", alias: "champion", version: "1" });
    expect(await champions()).toEqual(["1"]);
    await post("registered-models/alias", { name: "churn", alias: "champion", version: "2" });
    expect(await champions()).toEqual(["2"]);
    await send("DELETE", "/api/2.0/mlflow/registered-models/alias", { name: "churn", alias: "champion" });
    expect(await champions()).toEqual([]);
  });

  test("the trash: what is in it is not found, what comes back is", async () => {
    const { found, run, post } = setupFind();
    const run_id = await run({ run_name: "short-lived" });
    expect(await found("short-lived")).toEqual(["run short-lived"]);
    await post("runs/delete", { run_id });
    expect(await found("short-lived")).toEqual([]);
    await post("runs/restore", { run_id });
    expect(await found("short-lived")).toEqual(["run short-lived"]);
  });

  test("a purge at once, and a dataset or key whose id comes again", async () => {
    const { found, run, post, db } = setupFind();
    const input = (name: string) => [{ dataset: { name, digest: "d", source_type: "local", source: "{}" }, tags: [] }];
    const run_id = await run({ run_name: "purged" });
    await post("runs/log-inputs", { run_id, datasets: input("first-data") });
    expect(await found("first-data")).toEqual(["dataset first-data"]);
    const id = db.prepare("SELECT id FROM runs WHERE run_id = ?").pluck().get(run_id);
    db.prepare("DELETE FROM run_datasets").run();
    db.prepare("DELETE FROM datasets").run();
    db.prepare("DELETE FROM runs WHERE id = ?").run(id);
    expect(
      db.prepare("SELECT count(*) FROM search_entries WHERE title IN ('purged', 'first-data')").pluck().get(),
    ).toBe(0);
    const next = await run({ run_name: "next" });
    await post("runs/log-inputs", { run_id: next, datasets: input("second-data") });
    expect(await found("second-data")).toEqual(["dataset second-data"]);
    expect(await found("first-data")).toEqual([]);
    expect(() => db.prepare("INSERT INTO search_text (search_text) VALUES ('integrity-check')").run()).not.toThrow();
  });
});

test("logging writes nothing to the index; the next search does", async () => {
  const { db, found, run, post } = setupFind();
  await found("anything");
  const entries = () => db.prepare("SELECT count(*) FROM search_entries").pluck().get();
  const before = entries();
  const run_id = await run({ run_name: "later" });
  await post("runs/log-metric", { run_id, key: "loss", value: 1, timestamp: 1 });
  expect(entries()).toBe(before);
  expect(await found("later")).toEqual(["run later"]);
});

test("kinds and sizes are kept to; an empty, a long and an odd text are refused or find nothing", async () => {
  const { found, view, run } = setupFind();
  for (let i = 0; i < 8; i += 1) await run({ run_name: `trial-${i}` });
  expect(await found("trial", { kinds: ["experiment", "metric"] })).toEqual([]);
  expect(await found("trial")).toHaveLength(5);
  expect(await found("trial", { max_results: 8 })).toHaveLength(8);
  expect(await found("   ")).toEqual([]);
  expect(await found(`'"; DROP TABLE runs; --`)).toEqual([]);
  expect((await view("find", { text: "x".repeat(201) }))[0]).toBe(400);
  expect((await view("find", { text: "" }))[0]).toBe(400);
  expect((await view("find", { text: "x", max_results: 101 }))[0]).toBe(400);
});

test.each([
  ["Ünïcode", "unicode"],
  ["が", "が"],
  ["か\u3099", "が"],
  ["\u1112\u1161\u11ab", "한"],
  ["ＡＢＣ", "abc"],
  ["İ", "i"],
])("%s is compared as %s", (text, folded) => expect(fold(text)).toBe(folded));

describe("runs over all experiments", () => {
  const setupRuns = async () => {
    const api = setupFind();
    const [a, b] = [await api.experiment("a"), await api.experiment("b")];
    for (const [i, experiment_id] of [a, b, a, b, a].entries()) {
      const run_id = await api.run({ experiment_id, run_name: `run-${i}`, start_time: 1000 + i });
      await api.post("runs/log-batch", {
        run_id,
        metrics: [{ key: "loss", value: i, timestamp: 1, step: 0 }],
        params: [{ key: "lr", value: `0.${i}` }],
      });
    }
    const names = (answer: Record<string, unknown>) =>
      (answer["runs"] as { run_name: string; experiment_name: string }[]).map(
        (r) => `${r.experiment_name}/${r.run_name}`,
      );
    return { ...api, a, b, names };
  };

  test("come with their experiment's name, filtered and sorted by the same grammar", async () => {
    const { view, names } = await setupRuns();
    const [, answer] = await view("runs", {
      filter: "metrics.loss > 1",
      order_by: ["metrics.loss ASC"],
      params: ["lr"],
    });
    expect(names(answer)).toEqual(["a/run-2", "b/run-3", "a/run-4"]);
    expect(answer["runs"]).toMatchObject([{ params: ["0.2"] }, { params: ["0.3"] }, { params: ["0.4"] }]);
  });

  test("come page by page, each once, newest first", async () => {
    const { view, names } = await setupRuns();
    const seen: string[] = [];
    for (let page_token: unknown; ;) {
      const [, page] = await view("runs", { max_results: 2, ...(page_token !== undefined && { page_token }) });
      seen.push(...names(page));
      if ((page_token = page["next_page_token"]) === undefined) break;
    }
    expect(seen).toEqual(["a/run-4", "b/run-3", "a/run-2", "b/run-1", "a/run-0"]);
  });

  test("leave out deleted experiments, keep to those named, and refuse what cannot be read", async () => {
    const { view, names, post, a, b } = await setupRuns();
    expect(names((await view("runs", { experiment_ids: [b] }))[1])).toEqual(["b/run-3", "b/run-1"]);
    await post("experiments/delete", { experiment_id: a });
    expect(names((await view("runs"))[1])).toEqual(["b/run-3", "b/run-1"]);
    expect(await view("runs", { filter: "metrics.loss >> 1" })).toMatchObject([
      400,
      { message: expect.stringContaining("position") as unknown },
    ]);
    expect((await view("runs", { experiment_ids: ["x"] }))[0]).toBe(400);
  });
});

describe("completion", () => {
  const setupValues = async () => {
    const api = setupFind();
    const experiment_id = await api.experiment("other");
    const log = async (body: Record<string, unknown>, optimizer: string, tag = "x") => {
      const run_id = await api.run(body);
      await api.post("runs/log-batch", {
        run_id,
        metrics: [{ key: "val/loss", value: 1, timestamp: 1, step: 0 }],
        params: [
          { key: "optimizer", value: optimizer },
          { key: "long", value: "L".repeat(100) },
        ],
        tags: [{ key: "team", value: tag }],
      });
      await api.post("runs/log-inputs", {
        run_id,
        datasets: [{ dataset: { name: "mnist", digest: "d1", source_type: "local", source: "{}" }, tags: [] }],
      });
    };
    await log({}, "adam");
    await log({ user_id: "mira" }, "sgd");
    await log({}, "sgd");
    await log({}, "nadam");
    await log({ experiment_id }, "lion");
    const values = async (query: Record<string, unknown>) =>
      ((await api.view("completion/values", query))[1]["values"] as { value: string; runs: number }[]).map(
        ({ value, runs }) => `${value} ${runs}`,
      );
    const keys = async (query: Record<string, unknown>) => (await api.view("completion/keys", query))[1]["keys"];
    return { ...api, experiment_id, values, keys };
  };

  test("offers the most frequent values of one experiment or of all, those that begin with the text first", async () => {
    const { values, experiment_id } = await setupValues();
    expect(await values({ kind: "param", key: "optimizer", experiment_id: "0" })).toEqual([
      "sgd 2",
      "adam 1",
      "nadam 1",
    ]);
    expect(await values({ kind: "param", key: "optimizer", experiment_id })).toEqual(["lion 1"]);
    expect(await values({ kind: "param", key: "optimizer" })).toContain("lion 1");
    expect(await values({ kind: "param", key: "optimizer", text: "ada" })).toEqual(["adam 1", "nadam 1"]);
    expect(await values({ kind: "param", key: "long", experiment_id })).toEqual([`${"L".repeat(100)} 1`]);
    expect(await values({ kind: "param", key: "never" })).toEqual([]);
    expect(await values({ kind: "tag", key: "team", text: "%" })).toEqual([]);
    expect(await values({ kind: "attribute", key: "user_id", text: "mi" })).toEqual(["mira 1"]);
    expect(await values({ kind: "attribute", key: "start_time" })).toEqual([]);
    expect(await values({ kind: "dataset", key: "name", experiment_id: "0" })).toEqual(["mnist 4"]);
  });

  test("offers keys that contain the text", async () => {
    const { keys, experiment_id } = await setupValues();
    expect(await keys({ kind: "metric", text: "loss" })).toEqual(["val/loss"]);
    expect(await keys({ kind: "param", experiment_id })).toEqual(["long", "optimizer"]);
    expect(await keys({ kind: "param", text: "opt", max_results: 1 })).toEqual(["optimizer"]);
    expect(await keys({ kind: "tag", text: "optimizer" })).toEqual([]);
  });

  test("refuses an odd id and an unknown kind", async () => {
    const { view } = await setupValues();
    expect((await view("completion/keys", { kind: "metric", experiment_id: "x" }))[0]).toBe(400);
    expect((await view("completion/values", { kind: "nothing", key: "k" }))[0]).toBe(400);
  });
});
