import { expect, test } from "vitest";
import type { Entity } from "../../../shared/search/fields.ts";
import { parseLoggedModelOrder, parseOrder } from "../../../shared/search/parse-order.ts";
import { SearchError } from "../../../shared/search/search-error.ts";

const show = (entity: Entity, ...texts: string[]): string =>
  parseOrder(entity, texts)
    .map(({ field: { kind, key }, ascending }) => `${kind}[${key}] ${ascending ? "ASC" : "DESC"}`)
    .join(", ");

// Held against mlflow 3.17.2.
test.each<[Entity, string, string]>([
  ["runs", "start_time", "attribute[start_time] ASC"],
  ["runs", "attributes.Created  desc", "attribute[start_time] DESC"],
  ["runs", "`start_time` DESC", "attribute[start_time] DESC"],
  ["runs", "metrics.`a b` DESC", "metric[a b] DESC"],
  ["runs", "params.'k 2' asc", "param[k 2] ASC"],
  ["runs", "tags.mlflow.user", "tag[mlflow.user] ASC"],
  ["runs", "metrics.", "metric[] ASC"],
  ["experiments", "attribute.name DESC", "attribute[name] DESC"],
  ["registeredModels", "timestamp  ASC", "attribute[last_updated_timestamp] ASC"],
  ["registeredModels", "`name` DESC", "attribute[name] DESC"],
  ["modelVersions", '"version_number"', "attribute[version_number] ASC"],
  ["modelVersions", "tags.name DESC", "attribute[name] DESC"],
])("orders %s by %j", (entity, text, expected) => expect(show(entity, text)).toBe(expected));

test.each<[Entity, string]>([
  ["runs", ""],
  ["runs", " start_time"],
  ["runs", "start_time "],
  ["runs", "start_time UP"],
  ["runs", "start_time ASC DESC"],
  ["runs", "start_time DESC NULLS LAST"],
  ["runs", "start_time, 1"],
  ["runs", "start_time; DROP TABLE runs"],
  ["runs", "CASE WHEN 1 THEN 2 END"],
  ["runs", "'start_time'"],
  ["runs", "`run name`"],
  ["runs", "lifecycle_stage"],
  ["runs", "dataset.name"],
  ["runs", "metrics"],
  ["runs", "a.b.c"],
  ["runs", ";"],
  ["experiments", "tags.x"],
  ["experiments", "timestamp"],
  ["registeredModels", "`name`"],
  ["registeredModels", "attribute.name"],
  ["registeredModels", "creation_timestamp"],
  ["modelVersions", "run_id"],
])("refuses to order %s by %j", (entity, text) => expect(() => parseOrder(entity, [text])).toThrow(SearchError));

test("refuses a field named twice, under whatever name", () => {
  expect(() => parseOrder("runs", ["start_time", "attributes.Created DESC"])).toThrow("twice");
  expect(() => parseOrder("registeredModels", ["timestamp", "last_updated_timestamp"])).toThrow("twice");
  expect(show("runs", "metrics.x", "params.x")).toBe("metric[x] ASC, param[x] ASC");
  expect(show("experiments", "name", "name DESC")).toBe("attribute[name] ASC");
});

test("orders logged models by attributes and metrics", () => {
  const order = (fieldName: string) =>
    parseLoggedModelOrder({ fieldName, ascending: true, datasetName: undefined, datasetDigest: undefined });
  expect(order("creation_time")).toEqual({ kind: "attribute", key: "creation_timestamp_ms" });
  expect(order("metrics.a.b")).toEqual({ kind: "metric", key: "a.b" });
  for (const wrong of ["", "bogus", "params.lr", "metric.x", "__proto__", "constructor"])
    expect(() => order(wrong)).toThrow(SearchError);
});
