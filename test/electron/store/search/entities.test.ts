import { describe, expect, test } from "vitest";
import { createExperimentSearch, type ExperimentSearch } from "../../../../electron/store/search/experiments.ts";
import { createLoggedModelSearch, type LoggedModelSearch } from "../../../../electron/store/search/logged-models.ts";
import { createModelVersionSearch } from "../../../../electron/store/search/model-versions.ts";
import type { SearchRequest } from "../../../../electron/store/search/page.ts";
import { createRegisteredModelSearch } from "../../../../electron/store/search/registered-models.ts";
import { setupStore } from "./run-data.ts";

type Tags = Readonly<Record<string, string>>;
const PAGE = { filter: "", orderBy: [], maxResults: 100, pageToken: undefined };

describe("experiments", () => {
  const setup = () => {
    const { db } = setupStore();
    const add = (id: number, name: string, created: number, stage = "active", tags: Tags = {}): void => {
      db.prepare(
        "INSERT INTO experiments (id, name, creation_time, last_update_time, lifecycle_stage) VALUES (?, ?, ?, 9, ?)",
      ).run(id, name, created, stage);
      for (const [key, value] of Object.entries(tags))
        db.prepare("INSERT INTO experiment_tags VALUES (?, ?, ?)").run(id, key, value);
    };
    db.exec("DELETE FROM experiments");
    add(0, "Default", 1);
    add(1, "vision", 5, "active", { team: "Red" });
    add(2, "Vision-2", 5, "active", { team: "blue" });
    add(3, "gone", 7, "deleted");
    const { search } = createExperimentSearch(db);
    return (request: Partial<ExperimentSearch>) => search({ ...PAGE, viewType: "ACTIVE_ONLY", ...request });
  };

  test.each<[Partial<ExperimentSearch>, number[]]>([
    [{}, [1, 2, 0]], // newest first, then by id
    [{ orderBy: ["creation_time DESC"] }, [2, 1, 0]], // then newest id first, as MLflow does
    [{ orderBy: ["name"] }, [0, 2, 1]],
    [{ viewType: "ALL", orderBy: ["experiment_id"] }, [0, 1, 2, 3]],
    [{ viewType: "DELETED_ONLY" }, [3]],
    [{ filter: "name LIKE 'v%'" }, [1]],
    [{ filter: "name ILIKE 'v%'" }, [1, 2]],
    [{ filter: "tags.team ILIKE 'red'" }, [1]],
    [{ filter: "tags.team != 'Red'" }, [2]],
    [{ filter: "tag.team IS NULL" }, [0]],
    [{ filter: "experiment_id IN ('0', '2')" }, [2, 0]],
    [{ filter: "experiment_id != '2' AND creation_time >= 5" }, [1]],
    [{ filter: "NOT tags.team = 'Red' OR name = 'vision'" }, [1, 2, 0]],
  ])("%j", (request, ids) => expect(setup()(request).ids).toEqual(ids));

  test("page by page", () => {
    const search = setup();
    const first = search({ maxResults: 2 });
    expect(first.ids).toEqual([1, 2]);
    expect(search({ maxResults: 2, pageToken: first.nextPageToken })).toEqual({ ids: [0], nextPageToken: undefined });
    for (const maxResults of [0, -1, 50_001]) expect(() => search({ maxResults })).toThrow("max_results");
  });
});

const setupRegistry = () => {
  const { db } = setupStore();
  const ids = new Map<number, string>();
  const versionIds = new Map<number, string>();
  const addModel = db
    .prepare(
      "INSERT INTO registered_models (name, creation_timestamp, last_updated_timestamp, trashed_at) VALUES (?, 0, ?, ?) RETURNING id",
    )
    .pluck();
  const addVersion = db
    .prepare(
      `INSERT INTO model_versions (model, version, semver, source, run_id, creation_timestamp, last_updated_timestamp, trashed_at)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?) RETURNING id`,
    )
    .pluck();
  let clock = 0;
  const model = (
    name: string,
    tags: Tags,
    versions: readonly { tags?: Tags; runId?: string; trashed?: boolean }[],
    trashed = false,
  ): void => {
    const id = Number(addModel.get(name, clock++, trashed ? 1 : null));
    ids.set(id, name);
    for (const [key, value] of Object.entries(tags))
      db.prepare("INSERT INTO registered_model_tags VALUES (?, ?, ?)").run(id, key, value);
    versions.forEach((each, i) => {
      const version = Number(
        addVersion.get(
          id,
          i + 1,
          `${i + 1}.0.0`,
          `s3://b/${name}`,
          each.runId ?? null,
          clock++,
          each.trashed ? 1 : null,
        ),
      );
      versionIds.set(version, `${name}/${i + 1}`);
      for (const [key, value] of Object.entries(each.tags ?? {}))
        db.prepare("INSERT INTO model_version_tags VALUES (?, ?, ?)").run(version, key, value);
    });
  };
  const prompt = { "mlflow.prompt.is_prompt": "true" };
  model("resnet", { team: "red" }, [
    { runId: "r1", tags: { stage: "a" } },
    { tags: { stage: "b" } },
    { trashed: true },
  ]);
  model("Bert", {}, [{ runId: "r2" }]);
  model("greet", prompt, [{ tags: prompt }, {}]);
  model("old", {}, [{}], true);
  model("plain", { "mlflow.prompt.is_prompt": "false" }, []);
  const models = createRegisteredModelSearch(db);
  const versions = createModelVersionSearch(db);
  return {
    models: (request: Partial<SearchRequest>) => models.search({ ...PAGE, ...request }),
    names: (request: Partial<SearchRequest>) => models.search({ ...PAGE, ...request }).ids.map((id) => ids.get(id)),
    versions: (request: Partial<SearchRequest>) =>
      versions.search({ ...PAGE, ...request }).ids.map((id) => versionIds.get(id)),
  };
};

describe("registered models", () => {
  test.each<[Partial<SearchRequest>, string[]]>([
    [{}, ["Bert", "plain", "resnet"]],
    [{ orderBy: ["timestamp DESC"] }, ["plain", "Bert", "resnet"]],
    [{ filter: "name ILIKE 'B%'" }, ["Bert"]],
    [{ filter: "name IN ('resnet', 'old', 'greet')" }, ["resnet"]],
    [{ filter: "tags.team != 'blue'" }, ["resnet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` != 'true'" }, ["Bert", "plain", "resnet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` = 'false' AND name != 'Bert'" }, ["plain", "resnet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` = 'true'" }, ["greet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` != 'false'" }, ["greet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` IN ('true', 'x')" }, ["greet"]],
    [{ filter: "tag.`mlflow.prompt.is_prompt` = 'true' OR tags.team = 'red'" }, ["greet", "resnet"]],
  ])("%j", (request, names) => expect(setupRegistry().names(request)).toEqual(names));

  test("a page of 0 or −1 is empty and has a token, which begins at the beginning", () => {
    const { models, names } = setupRegistry();
    for (const maxResults of [0, -1]) {
      const { ids, nextPageToken } = models({ maxResults });
      expect(ids).toEqual([]);
      expect(names({ pageToken: nextPageToken })).toEqual(["Bert", "plain", "resnet"]);
    }
    expect(models({ maxResults: 0, filter: "name = 'none'" }).nextPageToken).toBeUndefined();
    for (const maxResults of [-2, 1001]) expect(() => models({ maxResults })).toThrow("max_results");
  });
});

describe("model versions", () => {
  test.each<[Partial<SearchRequest>, string[]]>([
    [{}, ["Bert/1", "resnet/2", "resnet/1"]],
    [{ orderBy: ["name DESC"] }, ["resnet/2", "resnet/1", "Bert/1"]],
    [{ orderBy: ["version_number ASC"] }, ["Bert/1", "resnet/1", "resnet/2"]],
    [{ filter: "name = 'resnet' AND version_number > 1" }, ["resnet/2"]],
    [{ filter: "run_id IN ('r1', 'r2')" }, ["Bert/1", "resnet/1"]],
    [{ filter: "run_id != 'r1'" }, ["Bert/1"]],
    [{ filter: "NOT run_id = 'r1'" }, ["Bert/1", "resnet/2"]],
    [{ filter: "source_path LIKE '%net'" }, ["resnet/2", "resnet/1"]],
    [{ filter: "tags.stage LIKE '_'" }, ["resnet/2", "resnet/1"]],
    [{ filter: "name = 'greet'" }, []],
    [{ filter: "tags.mlflow.prompt.is_prompt = 'true'" }, ["greet/1"]],
    [{ filter: "tags.mlflow.prompt.is_prompt = 'false'" }, ["Bert/1", "resnet/2", "resnet/1"]],
  ])("%j", (request, names) => expect(setupRegistry().versions(request)).toEqual(names));

  test.each([0, -1, 200_001])("max_results %d is refused", (maxResults) =>
    expect(() => setupRegistry().versions({ maxResults })).toThrow("max_results"),
  );
});

describe("logged models", () => {
  type Measured = readonly [key: string, value: number, timestamp: number, dataset?: readonly [string, string | null]];
  const setup = () => {
    const { db } = setupStore();
    const names = new Map<number, string>();
    const add = (
      name: string,
      metrics: readonly Measured[],
      more: { stage?: string; experiment?: number; type?: string } = {},
    ): void => {
      const { stage = "active", experiment = 0, type = null } = more;
      const id = Number(
        db
          .prepare(
            `INSERT INTO logged_models (model_id, experiment, name, model_type, status, creation_timestamp_ms, last_updated_timestamp_ms, lifecycle_stage)
          VALUES (?, ?, ?, ?, 2, ?, 0, ?) RETURNING id`,
          )
          .pluck()
          .get(`m-${name}`, experiment, name, type, names.size, stage),
      );
      names.set(id, name);
      db.prepare("INSERT INTO logged_model_params VALUES (?, 'k 2', 'v')").run(id);
      db.prepare("INSERT INTO logged_model_tags VALUES (?, 'who', ?)").run(id, name.toUpperCase());
      const addMetric = db.prepare("INSERT INTO logged_model_metrics VALUES (?, ?, ?, 0, 'r', ?, ?, ?, ?)");
      for (const [key, value, timestamp, dataset] of metrics)
        addMetric.run(
          id,
          key,
          timestamp,
          Number.isNaN(value) ? 0 : value,
          Number(Number.isNaN(value)),
          dataset?.[0] ?? null,
          dataset?.[1] ?? null,
        );
    };
    add(
      "a",
      [
        ["acc", 0.9, 1],
        ["acc", 0.1, 2],
      ],
      { type: "agent" },
    );
    add("b", [["acc", 0.5, 1, ["ds", "d1"]]]);
    add("c", [["acc", NaN, 1, ["ds", null]]]);
    add("gone", [], { stage: "deleted" });
    add("elsewhere", [], { experiment: 2 });
    const { search } = createLoggedModelSearch(db);
    const page = (request: Partial<LoggedModelSearch>) =>
      search({ ...PAGE, experimentIds: [0, 1], datasets: [], ...request, orderBy: request.orderBy ?? [] });
    return { page, found: (request: Partial<LoggedModelSearch>) => page(request).ids.map((id) => names.get(id)) };
  };
  const by = (fieldName: string, ascending: boolean, datasetName?: string) => ({
    orderBy: [{ fieldName, ascending, datasetName, datasetDigest: undefined }],
  });
  const ds = (datasetDigest?: string) => ({ datasets: [{ datasetName: "ds", datasetDigest }] });

  test.each<[Partial<LoggedModelSearch>, string[]]>([
    [{}, ["c", "b", "a"]],
    [by("creation_time", true), ["a", "b", "c"]],
    [by("metrics.acc", true), ["a", "b", "c"]], // the latest value counts; NaN is missing
    [by("metrics.acc", false), ["b", "a", "c"]],
    [by("metrics.acc", false, "ds"), ["b", "c", "a"]],
    [by("model_type", false), ["a", "c", "b"]],
    [{ filter: "metrics.acc > 0.6" }, ["a"]], // any value counts
    [{ filter: "metrics.acc != 0.5" }, ["a"]],
    [{ filter: "metrics.acc > 0 AND name LIKE '_'", ...ds("d1") }, ["b"]],
    [ds("d1"), ["b"]],
    [ds(), ["c"]], // no digest: only those without one, as mlflow server reads it
    [{ filter: "params.`k 2` = 'v' AND tags.who ILIKE 'a'" }, ["a"]],
    [{ filter: "params.\"k 2\" = 'v'" }, []], // double quotes stay on keys of logged models
    [{ filter: "status = '2'" }, ["c", "b", "a"]],
    [{ filter: "status = 'READY'" }, []], // MLflow holds it against the number
    [{ filter: "model_type = 'agent' OR name = 'b'" }, ["b", "a"]],
    [{ experimentIds: [] }, []],
  ])("%j", (request, names) => expect(setup().found(request)).toEqual(names));

  test("page by page; 0 is the default size, −1 a page of none", () => {
    const { page, found } = setup();
    const first = page({ maxResults: 2, ...by("metrics.acc", false) });
    expect(first.ids).toHaveLength(2);
    expect(found({ ...by("metrics.acc", false), pageToken: first.nextPageToken })).toEqual(["c"]);
    expect(found({ maxResults: 0 })).toEqual(["c", "b", "a"]);
    expect(found({ maxResults: 1, pageToken: page({ maxResults: -1 }).nextPageToken })).toEqual(["c"]);
    expect(() => page({ datasets: [{ datasetName: "", datasetDigest: "d" }] })).toThrow("dataset_name");
    expect(() => page(by("params.lr", true))).toThrow("Cannot order by");
    expect(() => page({ pageToken: Buffer.from('{"offset": 1}').toString("base64") })).toThrow("another search");
  });
});
