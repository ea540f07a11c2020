import { Type } from "typebox";
import { expect, test } from "vitest";
import {
  Bool,
  compileBody,
  compileQuery,
  decodeJsonBody,
  Double,
  Enum,
  Int,
  Int32,
  List,
  Opt,
  Required,
  Str,
} from "../../../shared/api/wire.ts";

const schema = Type.Object({
  run_id: Opt(Required()),
  start_time: Opt(Int()),
  max_results: Opt(Int32()),
  value: Opt(Double()),
  status: Opt(Enum({ RUNNING: 1, FINISHED: 3 })),
  archive: Opt(Bool()),
  tags: Opt(List(Type.Object({ key: Opt(Str()), value: Opt(Str()) }))),
});
const read = compileBody(schema);
const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["an int64 as a string", { start_time: "12" }, { start_time: 12 }],
  ["an exponent", { start_time: "1e3" }, { start_time: 1000 }],
  ["a whole double", { start_time: 5.0 }, { start_time: 5 }],
  ["an int64 beyond 2^53", { start_time: "9223372036854775807" }, { start_time: 9223372036854775807n }],
  ["lowerCamelCase", { startTime: 1, maxResults: 2 }, { start_time: 1, max_results: 2 }],
  ["NaN as a word", { value: "NaN" }, { value: NaN }],
  ["minus infinity as a word", { value: "-Infinity" }, { value: -Infinity }],
  ["a double as a string", { value: "1.5" }, { value: 1.5 }],
  ["an enum's number", { status: 3 }, { status: "FINISHED" }],
  ["an enum's unknown word, as unset", { status: "BOGUS" }, {}],
  ["null, as unset", { run_id: null, tags: null }, {}],
  ["unknown fields, ignored", { nope: 1, __proto__x: 2 }, {}],
  [
    "nested keys that look like prototypes",
    { tags: [{ key: "__proto__", value: "constructor" }] },
    { tags: [{ key: "__proto__", value: "constructor" }] },
  ],
])("reads %s", (_name, body, expected) => {
  expect(read(body)).toEqual(expected);
});

test.each([
  ["a fraction for an int64", { start_time: 1.5 }, "start_time"],
  ["a fraction in a string", { start_time: "1.5" }, "start_time"],
  ["true for an int64", { start_time: true }, "start_time"],
  ["2^63", { start_time: 9223372036854775808n }, "start_time"],
  ["2^70 in digits", { start_time: "1180591620717411303424" }, "start_time"],
  ["2^31 for an int32", { max_results: 2 ** 31 }, "max_results"],
  ["1e400", { value: Infinity }, "value"],
  ["a word for a double", { value: "abc" }, "value"],
  ["an enum's unknown number", { status: 99 }, "status"],
  ["an object for a string", { run_id: { $ne: 1 } }, "run_id"],
  ["a string for a list", { tags: "x" }, "tags"],
  ["null in a list", { tags: [null] }, "tags[0]"],
  ["a number in a nested string", { tags: [{ key: 5 }] }, "tags[0].key"],
  ["both spellings at once", { start_time: 1, startTime: 1 }, "start_time"],
  ["half a surrogate pair", { run_id: "\ud800" }, "run_id"],
  ["a word for a bool", { archive: "true" }, "archive"],
])("refuses %s and names the field", (_name, body, field) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({ kind: "invalid", message: expect.stringContaining(`'${field}'`) as string }),
  );
});

test("a null is refused only in the spelling that MLflow validates", () => {
  const readSize = compileBody(Type.Object({ max_results: Opt(Int32({ refuseNull: true })) }));
  expect(() => readSize({ max_results: null })).toThrow("'max_results'");
  expect(readSize({ maxResults: null })).toEqual({});
});

test.each([[{}], [{ run_id: null }], [{ run_id: "" }]])(
  "a required field must be there and not be empty: %j",
  (body) => {
    expect(() => compileBody(Type.Object({ run_id: Required() }))(body)).toThrow(
      "Missing value for required parameter 'run_id'",
    );
  },
);

test("a query string repeats the key of a list, and knows words and numbers", () => {
  const query = compileQuery(
    Type.Object({ ids: Opt(List(Str())), n: Opt(Int()), on: Opt(Bool()), status: Opt(Enum({ RUNNING: 1 })) }),
  );
  expect(query(new URLSearchParams("ids=a&ids=b&n=7&on=True&status=1"))).toEqual({
    ids: ["a", "b"],
    n: 7,
    on: true,
    status: "RUNNING",
  });
  expect(() => query(new URLSearchParams("on=maybe"))).toThrow("'on'");
});

test.each([
  ["an empty body", "", {}],
  ["no JSON", "{broken", {}],
  ["null", "null", {}],
  ["double-encoded JSON", JSON.stringify('{"a":1}'), { a: 1 }],
  ["the bare literal NaN, which is no JSON", '{"a": NaN}', {}],
  [
    "integers beyond 2^53",
    '{"a": 12345678901234567890, "b": 1.5, "c": 9007199254740993}',
    { a: 12345678901234567890n, b: 1.5, c: 9007199254740993n },
  ],
])("decodes %s", (_name, text, expected) => {
  expect(decodeJsonBody(bytes(text))).toEqual(expected);
});

test.each([["[]"], ["123"], ['"[1]"'], ["true"]])("refuses the body %s, which is no object", (text) => {
  expect(() => decodeJsonBody(bytes(text))).toThrow("must be a JSON object");
});

test("refuses invalid UTF-8", () => {
  expect(() => decodeJsonBody(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toThrow("UTF-8");
});
