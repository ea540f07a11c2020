/**
 * The schema words of the MLflow surface, and the one step that reads what clients send. MLflow's servers take lenient
 * proto JSON (numbers as strings, two spellings of a name, enums by name or number, unknown fields); after `fromWire`
 * a value has its schema's type. Source: protobuf's json_format with ignore_unknown_fields, mlflow/server/handlers.py.
 */
import { Type, type Static, type TObject, type TSchema } from "typebox";
import { DomainError } from "../errors.ts";

/** An int64 that keeps its value: a number where it is exact, else a bigint. */
export type Int64 = number | bigint;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export interface FieldOptions {
  /** An explicit null is refused in this spelling; elsewhere it is the same as leaving the field out. */
  readonly refuseNull?: boolean;
  /** Only this spelling counts, as for required fields: MLflow looks for them before it reads lowerCamelCase. */
  readonly snakeOnly?: boolean;
}

export const Str = (options: FieldOptions = {}) => Type.String({ ...options });
/** A string that must be there and not be empty. */
export const Required = () => Type.String({ minLength: 1 });
export const Bool = () => Type.Boolean();
export const Int = () => Type.Unsafe<Int64>({ type: "integer", format: "int64" });
export const Int32 = (options: FieldOptions = {}) =>
  Type.Unsafe<number>({ type: "integer", format: "int32", ...options });
export const Double = () => Type.Unsafe<number>({ type: "number", format: "double" });
export const List = <T extends TSchema>(items: T, options: FieldOptions = {}) => Type.Array(items, { ...options });
export const Opt = <T extends TSchema>(schema: T) => Type.Optional(schema);
/**
 * Enum words as they travel, with their proto numbers, which are accepted too. A word that is none of them counts as
 * unset, or as `unknown` where that is given.
 */
export const Enum = <const T extends Record<string, number>>(words: T, unknown?: keyof T & string) =>
  Type.Unsafe<keyof T & string>({
    type: "string",
    enum: Object.keys(words),
    protoNumbers: words,
    unknownWord: unknown,
  });

/** A step on the way to a value. One is used again for all fields or items beside each other; only a refusal spells it. */
interface Step {
  readonly parent: Step | undefined;
  name: string | number; // of a field, or the place in a list
}

const spell = ({ parent, name }: Step): string => {
  const before = parent ? spell(parent) : "";
  if (typeof name === "number") return `${before}[${name}]`;
  return before === "" ? name : `${before}.${name}`;
};

/** Reads one raw JSON value; `undefined` means "as if it had not been sent". The body itself is at no step. */
type Reader = (raw: unknown, at: Step | undefined) => unknown;

const MAX_SHOWN = 60;
const show = (raw: unknown): string => {
  if (typeof raw === "object" && raw !== null) return Array.isArray(raw) ? "[…]" : "{…}"; // may be deep and long
  const text = typeof raw === "string" ? JSON.stringify(raw.slice(0, MAX_SHOWN + 1)) : String(raw);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
};

/** @throws DomainError always: names the field, the value and what would do. */
export const refuse = (at: Step | string | undefined, raw: unknown, wanted: string): never => {
  const name = typeof at === "object" ? spell(at) : (at ?? "");
  throw new DomainError("invalid", `Invalid value ${show(raw)} for parameter '${name}' supplied: ${wanted}.`);
};

const readString: Reader = (raw, at) => {
  if (typeof raw !== "string") return refuse(at, raw, "it must be a string");
  if (!raw.isWellFormed()) return refuse(at, "…", "it contains half of a surrogate pair, which is not valid Unicode");
  return raw;
};

const toInt64 = (value: bigint, raw: unknown, at: Step | undefined): Int64 => {
  if (value > INT64_MAX || value < INT64_MIN) return refuse(at, raw, "it must fit a 64-bit integer");
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
};

const readInt64: Reader = (raw, at) => {
  if (typeof raw === "number" && Number.isSafeInteger(raw)) return raw === 0 ? 0 : raw; // no -0
  if (typeof raw === "bigint") return toInt64(raw, raw, at);
  if (typeof raw === "string" && /^[+-]?\d{1,20}$/.test(raw)) return toInt64(BigInt(raw.replace("+", "")), raw, at);
  const number =
    typeof raw === "number"
      ? raw
      : typeof raw === "string" && /^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/.test(raw)
        ? Number(raw)
        : NaN;
  if (!Number.isInteger(number)) return refuse(at, raw, "it must be an integer");
  return toInt64(BigInt(number), raw, at);
};

const readInt32: Reader = (raw, at) => {
  const value = readInt64(raw, at);
  if (typeof value !== "number" || value > 2147483647 || value < -2147483648)
    return refuse(at, raw, "it must fit a 32-bit integer");
  return value;
};

const readDouble: Reader = (raw, at) => {
  if (typeof raw === "number" && Number.isFinite(raw)) return raw;
  if (typeof raw === "bigint") return Number(raw);
  if (raw === "NaN") return NaN;
  if (raw === "Infinity") return Infinity;
  if (raw === "-Infinity") return -Infinity;
  const number = typeof raw === "string" && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(raw) ? Number(raw) : NaN;
  if (!Number.isFinite(number))
    return refuse(at, raw, 'it must be a number that a double can hold, or "NaN", "Infinity" or "-Infinity"');
  return number;
};

const readBool: Reader = (raw, at) => (typeof raw === "boolean" ? raw : refuse(at, raw, "it must be true or false"));

const enumReader = (words: Record<string, number>, unknown: string | undefined): Reader => {
  const byNumber = new Map(Object.entries(words).map(([word, number]) => [number, word]));
  const known = new Set(Object.keys(words));
  return (raw, at) => {
    if (raw === "") return undefined; // a required word is missing then
    if (typeof raw === "string") return known.has(raw) ? raw : unknown;
    const word = typeof raw === "number" ? byNumber.get(raw) : undefined;
    return word ?? refuse(at, raw, `it must be one of ${[...known].join(", ")}`);
  };
};

/** A field's other spelling: `run_id` → `runId`. */
export const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

const objectReader = (schema: TObject): Reader => {
  const required = new Set<string>(schema.required);
  const fields = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    camel: toCamel(name),
    read: readerOf(property),
    required: required.has(name),
    nonEmpty: "minLength" in property,
    refuseNull: "refuseNull" in property,
    snakeOnly: required.has(name) || "snakeOnly" in property,
  }));
  return (raw, at) => {
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return refuse(at, raw, "it must be an object");
    const from = raw as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    const step: Step = { parent: at, name: "" };
    for (const { name, camel, read, required, nonEmpty, refuseNull, snakeOnly } of fields) {
      step.name = name;
      const isSnake = Object.hasOwn(from, name);
      let value = isSnake ? from[name] : undefined;
      if (camel !== name && Object.hasOwn(from, camel)) {
        if (value !== undefined) refuse(step, value, `it is given twice, as '${name}' and as '${camel}'`);
        if (!(snakeOnly && at === undefined)) value = from[camel];
      }
      if (value === null && refuseNull && isSnake) refuse(step, value, "it must not be null; leave it out instead");
      const parsed = value === undefined || value === null ? undefined : read(value, step);
      if (parsed === undefined || (nonEmpty && parsed === "")) {
        if (required) throw new DomainError("invalid", `Missing value for required parameter '${spell(step)}'.`);
        continue;
      }
      out[name] = parsed;
    }
    return out;
  };
};

/** More than any request needs; a list of millions would hold everybody else up. */
const MAX_ITEMS = 10_000;

const listReader = (items: TSchema): Reader => {
  const read = readerOf(items);
  return (raw, at) => {
    if (!Array.isArray(raw)) return refuse(at, raw, "it must be a list");
    if (raw.length > MAX_ITEMS)
      throw new DomainError(
        "invalid",
        `The list '${at ? spell(at) : ""}' has ${raw.length} items; at most ${MAX_ITEMS} fit one request.`,
      );
    const step: Step = { parent: at, name: 0 };
    return raw.map((item: unknown, i) => {
      step.name = i;
      return item === null
        ? refuse(step, item, "it must not be null")
        : (read(item, step) ?? refuse(step, item, "it is unknown"));
    });
  };
};

const readerOf = (schema: TSchema): Reader => {
  if (Type.IsObject(schema)) return objectReader(schema);
  if (Type.IsArray(schema)) return listReader(schema.items);
  if ("protoNumbers" in schema)
    return enumReader(
      schema.protoNumbers as Record<string, number>,
      "unknownWord" in schema ? (schema.unknownWord as string | undefined) : undefined,
    );
  if ("format" in schema && schema.format === "int64") return readInt64;
  if ("format" in schema && schema.format === "int32") return readInt32;
  if ("format" in schema && schema.format === "double") return readDouble;
  if (Type.IsBoolean(schema)) return readBool;
  if (Type.IsString(schema)) return readString;
  throw new TypeError("fromWire: the schema uses a word that shared/api/wire.ts does not declare");
};

/** Compiles a request schema once into the function that reads a decoded JSON body. */
export const compileBody = <T extends TObject>(schema: T): ((body: unknown) => Static<T>) => {
  const read = objectReader(schema);
  return (body) => read(body, undefined) as Static<T>;
};

/** Compiles a request schema once into the function that reads a query string; lists repeat their key, and only the schema's own spelling counts. */
export const compileQuery = <T extends TObject>(schema: T): ((query: URLSearchParams) => Static<T>) => {
  const read = objectReader(schema);
  const fields = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    isList: Type.IsArray(property),
    isBool: Type.IsBoolean(property),
    isEnum: "protoNumbers" in property,
  }));
  return (query) => {
    const raw: Record<string, unknown> = {};
    for (const { name, isList, isBool, isEnum } of fields) {
      const values = query.getAll(name);
      if (values.length === 0) continue;
      const [first = ""] = values;
      if (isList) raw[name] = values;
      else if (isBool) raw[name] = /^true$/i.test(first) ? true : /^false$/i.test(first) ? false : first;
      else raw[name] = isEnum && /^\d+$/.test(first) ? Number(first) : first;
    }
    return read(raw, undefined) as Static<T>;
  };
};

/**
 * Decodes the bytes of a JSON body. Integers beyond 2^53 become bigints; a body that is no JSON counts as empty, a body
 * that is a JSON string is decoded once more, as MLflow does.
 * @throws DomainError `invalid` for invalid UTF-8 and for a body that is not an object.
 */
export const decodeJsonBody = (bytes: Uint8Array): object => {
  if (bytes.byteLength === 0) return {};
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new DomainError("invalid", "The request body is not valid UTF-8.", { cause });
  }
  assertShallow(text);
  let body = parseJson(text);
  if (typeof body === "string") {
    assertShallow(body);
    body = parseJson(body);
  }
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body))
    throw new DomainError("invalid", `The request body must be a JSON object, not ${show(body)}.`);
  return body;
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
/** An integer of 16 digits or more. The digits of a fraction are none: keeping integers exact costs thirty times the parse. */
const LONG_INTEGER = /(?:^|[^.\d])\d{16,}(?![.\deE])/;

const MAX_DEPTH = 64;
const [QUOTE, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d] as const;

/** @throws DomainError `invalid` for lists and objects nested deeper than any request of ours: reading them takes long. */
const assertShallow = (text: string): void => {
  let depth = 0;
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      for (let inside = text.charCodeAt(++i); i < length && inside !== QUOTE; inside = text.charCodeAt(++i))
        if (inside === ESCAPE) i++;
    } else if (code < OPEN_LIST) {
      continue; // digits, blanks, commas: most of what is outside of strings
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH)
        throw new DomainError("invalid", `The request body nests deeper than ${MAX_DEPTH} levels.`);
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
  }
};

/** JSON.parse with `undefined` for what is no JSON, and bigints for integers that a double cannot hold. */
const parseJson = (text: string): unknown => {
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text);
    return JSON.parse(text, keepBigIntegers);
  } catch {
    return undefined; // MLflow's rule: what is no JSON is an empty body, and the missing fields are named
  }
};

/** Beyond 20 digits nothing is an int64, and a BigInt of millions of them would take minutes. */
function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d{1,20}$/.test(context.source) ? BigInt(context.source) : value;
}
