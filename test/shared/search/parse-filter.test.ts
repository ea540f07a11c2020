import { describe, expect, test } from "vitest";
import type { Clause, Filter } from "../../../shared/search/ast.ts";
import type { Entity } from "../../../shared/search/fields.ts";
import { MAX_CLAUSES, parseFilter } from "../../../shared/search/parse-filter.ts";
import { SearchError } from "../../../shared/search/search-error.ts";
import { MAX_FILTER_LENGTH } from "../../../shared/search/tokens.ts";

const showClause = (clause: Clause): string => {
  const { kind, key } = clause.field;
  const field = `${kind}[${key}] ${clause.comparator}`;
  if (clause.type === "presence") return field;
  return clause.type === "list" ? `${field} (${clause.values.join("|")})` : `${field} <${clause.value}>`;
};
const show = (filter: Filter): string => {
  if ("term" in filter) return `!${show(filter.term)}`;
  if (!("terms" in filter)) return showClause(filter);
  return `(${filter.terms.map(show).join(filter.type === "and" ? " & " : " | ")})`;
};
const parsed = (entity: Entity, text: string): string => show(parseFilter(entity, text));
const positionOf = (entity: Entity, text: string): number => {
  try {
    parseFilter(entity, text);
  } catch (error) {
    if (error instanceof SearchError && error.kind === "invalid") return error.position;
    throw error;
  }
  throw new Error(`Accepted: ${text}`);
};

// Each of these was held against mlflow 3.17.2's parser.
test.each([
  ["", "()"],
  ["AND", "()"],
  ["metrics.acc > 0 AND", "metric[acc] > <0>"],
  ["AND metrics.acc > 0 AND AND", "metric[acc] > <0>"],
  ["metrics.acc>0 and params.x='a'and tag.y=\"b\"", "(metric[acc] > <0> & param[x] = <a> & tag[y] = <b>)"],
  ["params.x = 'a' params.y = 'b'", "(param[x] = <a> & param[y] = <b>)"],
  ["metric.acc >= -.5", "metric[acc] >= <-0.5>"],
  ["metrics.acc != 1.5e-3", "metric[acc] != <0.0015>"],
  ["metrics.acc < 1E3", "metric[acc] < <1000>"],
  ["params.x = 'it''s'", "param[x] = <it''s>"],
  ["params.x = '''a'''", "param[x] = <''a''>"],
  [String.raw`params.x = 'a\'b'`, String.raw`param[x] = <a\'b>`],
  ["params.x = ''", "param[x] = <>"],
  ["params.`a b` = 'x'", "param[a b] = <x>"],
  ['parameters."a b" = "x"', "param[a b] = <x>"],
  ["params.'a b' = 'x'", "param[a b] = <x>"],
  ["tags.mlflow.note.content LIKE '%a'", "tag[mlflow.note.content] LIKE <%a>"],
  ["params.日本 ilike 'x'", "param[日本] ILIKE <x>"],
  ["params..x = 'a'", "param[.x] = <a>"],
  ["params. = 'a'", "param[] = <a>"],
  ["params.1a = 'x'", "param[1a] = <x>"],
  ["metrics.a.`b c` > 1", "metric[a.`b c`] > <1>"],
  ["`metrics`.`x` > 1", "metric[x] > <1>"],
  ["metrics.order > 1", "metric[order] > <1>"],
  ["params.x IS NULL tags.y IS NULL metrics.z > 1", "(param[x] IS NULL & tag[y] IS NULL & metric[z] > <1>)"],
  ["params.x is not null AND tags.y IS NULL", "(param[x] IS NOT NULL & tag[y] IS NULL)"],
  ["run_id in ('a', \"b\",)", "attribute[run_id] IN (a|b)"],
  ["attributes.run_id NOT IN ('it''s')", "attribute[run_id] NOT IN (its)"],
  [String.raw`dataset.name in ('it\'s\n')`, "dataset[name] IN (it's\n)"],
  ["attr.`Run name` = 'x'", "attribute[run_name] = <x>"],
  ["run.Created > 1.5", "attribute[start_time] > <1.5>"],
  ["end_time > 99999999999999999999", "attribute[end_time] > <99999999999999999999>"],
  ["params.x =\n'a'\u00a0AND\rstatus != 'F'", "(param[x] = <a> & attribute[status] != <F>)"],
])("reads %j of runs as MLflow does", (text, expected) => expect(parsed("runs", text)).toBe(expected));

test.each([
  ["params.x = 'a' OR params.y = 'b' AND params.z = 'c'", "(param[x] = <a> | (param[y] = <b> & param[z] = <c>))"],
  ["(params.x = 'a' OR params.y = 'b') AND metrics.z > 1", "((param[x] = <a> | param[y] = <b>) & metric[z] > <1>)"],
  ["NOT (params.x = 'a')", "!param[x] = <a>"],
  ["not not params.x = 'a'", "param[x] = <a>"],
  ["params.x IN ('a') AND NOT status NOT IN ('b')", "(param[x] IN (a) & !attribute[status] NOT IN (b))"],
])("reads %j, which MLflow refuses", (text, expected) => expect(parsed("runs", text)).toBe(expected));

describe("refuses", () => {
  // [filter, position of the error]; all 400 in mlflow 3.17.2.
  test.each<[string, number]>([
    [" ", 1],
    ["x", 0],
    ["params.x", 8],
    ["params.x =", 10],
    ["params.x 'a'", 9],
    ["= 'a'", 0],
    ["params.x = a", 11],
    ["params.x = `a`", 11],
    ["params.x = 5", 11],
    ["params.x = 'a", 11],
    ["params.x = a'", 12],
    ["params.x = 'a' 'b'", 15],
    ["params.x > 'a'", 9],
    ["params.x == 'a'", 9],
    ["params.x >> 'a'", 9],
    ["params.x NOT LIKE 'a'", 9],
    ["params.x = ('a')", 11],
    ["params.`x = 'a'", 7],
    ["params.a b = 'x'", 9],
    ["params.a-b = 'x'", 8],
    ["params.in = 'x'", 7],
    ["params.22a = 'x'", 7],
    ["`params.x` = 'a'", 0],
    ["'a' = 'a'", 0],
    ["1 = 1", 0],
    ["metrics.x > '1'", 12],
    ["metrics.x > 0x1F", 12],
    ["metrics.x > 1E+3", 12],
    ["metrics.x > 1AND metrics.y > 1", 12],
    ["metrics.x LIKE 'a'", 10],
    ["metrics.x IS NULL", 10],
    ["Metrics.x > 1", 0],
    ["start_time > '5'", 13],
    ["lifecycle_stage = 'active'", 0],
    ["status > 'a'", 7],
    ["dataset.foo = 'x'", 0],
    ["run_id IN ()", 11],
    ["run_id IN (1)", 11],
    ["run_id IN ('a',,'b')", 15],
    ["run_id IN 'a'", 10],
    ["run_id IN ('a'", 14],
    ["params.x = 'a';", 14],
    ["params.x = 'a' -- x", 15],
    ["params.x = 'a' LIMIT 1", 15],
    ["params.x = 'a' AND NOT", 22],
    ["params.x = 'a'\0", 14],
    ["(params.x = 'a'", 15],
    ["params.x = 'a')", 14],
    ["params.x = 'a' run_id IN ('a')", 15],
    ["run_id IN ('a') params.x IS NULL", 16],
    ["()", 1],
    ["OR", 0],
    ["params.x = 'a' OR 1=1 --", 22],
    // Lenient joints make no sense beside OR, which MLflow does not know.
    ["params.x = 'a' AND OR params.y = 'b'", 19],
    ["params.x = 'a' params.z = 'c' OR params.y = 'b'", 15],
  ])("%j of runs", (text, position) => expect(positionOf("runs", text)).toBe(position));

  test.each<[Entity, string]>([
    ["experiments", "name like 'a'"],
    ["experiments", "attributes.name = 'a'"],
    ["experiments", "`tags`.x = 'y'"],
    ["experiments", "creation_time > 5.5"],
    ["experiments", "experiment_id = 1"],
    ["experiments", "experiment_id = 'x'"],
    ["experiments", "experiment_id LIKE '1'"],
    ["experiments", "metrics.x > 1"],
    ["registeredModels", "`name` = 'x'"],
    ["registeredModels", "version_number = 1"],
    ["registeredModels", "tags.x IS NULL"],
    ["modelVersions", "version_number = 1.5"],
    ["modelVersions", "version_number IN ('1')"],
    ["modelVersions", "creation_timestamp > 1"],
    ["loggedModels", "param.x = 'a'"],
    ["loggedModels", "tags.x IS NULL"],
    ["loggedModels", "metrics.x > '5'"],
    ["loggedModels", "bogus = 'x'"],
  ])("of %s: %j", (entity, text) => expect(positionOf(entity, text)).toBeGreaterThanOrEqual(0));
});

test.each<[Entity, string, string]>([
  [
    "experiments",
    "attribute.name ILIKE 'a' AND tags.\"x y\" IS NULL",
    "(attribute[name] ILIKE <a> & tag[x y] IS NULL)",
  ],
  ["experiments", "experiment_id IN (' 1 ', '+2')", "attribute[experiment_id] IN (1|2)"],
  ["registeredModels", "name in ('a') and tag.k = 'v'", "(attribute[name] IN (a) & tag[k] = <v>)"],
  [
    "modelVersions",
    "version_number >= '2' AND source_path like 's3%'",
    "(attribute[version_number] >= <2> & attribute[source_path] LIKE <s3%>)",
  ],
  // Logged models keep double quotes, and take words and numbers for texts.
  ["loggedModels", 'name = "a" AND params.`k 2` = abc.d', '(attribute[name] = <"a"> & param[k 2] = <abc.d>)'],
  ["loggedModels", "params.\"k\" = '''v'''", 'param["k"] = <v>'],
  ["loggedModels", "tags.x = 5 AND creation_time > 1.5", "(tag[x] = <5> & attribute[creation_timestamp_ms] > <1.5>)"],
])("reads the dialect of %s: %j", (entity, text, expected) => expect(parsed(entity, text)).toBe(expected));

test("explains what is wrong and the way out", () => {
  expect(() => parseFilter("runs", "metrics.acc > 'high'")).toThrow(
    "Expected a number without quotes, found ''high'' at position 15",
  );
  expect(() => parseFilter("runs", "params.2024_x = 'a'")).toThrow("must be quoted with backticks");
  expect(() => parseFilter("runs", "speed > 1")).toThrow("Valid keys are 'start_time'");
});

describe("stays fast and bounded", () => {
  const clauses = (n: number): string => Array.from({ length: n }, (_, i) => `metrics.m${i} > 0`).join(" AND ");
  test("takes as many conditions as it says and no more", () => {
    expect(() => parseFilter("runs", clauses(MAX_CLAUSES))).not.toThrow();
    expect(() => parseFilter("runs", clauses(MAX_CLAUSES + 1))).toThrow("at most 200 conditions");
  });
  test.each([
    ["parentheses", "(".repeat(20_000)],
    ["closed parentheses", `${"(".repeat(10_000)}metrics.x > 1${")".repeat(10_000)}`],
    ["NOT", `${"NOT ".repeat(8_000)}x`],
    ["junk", "x!".repeat(100_000)],
    ["quotes", "'".repeat(30_001)],
    ["escaped quotes", "\\'".repeat(15_000) + "'\\"],
    ["digits", `metrics.x > ${"1".repeat(30_000)}x`],
    ["dots", `metrics${".".repeat(30_000)}`],
    ["a megabyte", `params.x = '${"a".repeat(1_000_000)}'`],
  ])("S03: refuses %s at once", (_, text) => {
    const begin = performance.now();
    expect(() => parseFilter("runs", text)).toThrow(SearchError);
    expect(performance.now() - begin).toBeLessThan(5000);
  });
  test("takes text up to the limit", () => {
    const filter = (length: number): string => `params.x = '${"a".repeat(length - 13)}'`;
    expect(() => parseFilter("runs", filter(MAX_FILTER_LENGTH))).not.toThrow();
    expect(() => parseFilter("runs", filter(MAX_FILTER_LENGTH + 1))).toThrow("at most 32768 characters");
  });
});
