/** Parameter declarations, coerced and refused as Grape does: what is not declared is ignored. */
import { type Raw, isRecord } from "./body.ts";
import { error } from "./http.ts";

export interface Param {
  readonly name: string;
  readonly type: "String" | "Integer" | "Float" | "Array";
  readonly required?: boolean;
  readonly values?: readonly string[];
  /** Declared fields of an array's elements; without them elements come raw. */
  readonly of?: readonly Param[];
}

export const text = (name: string, more: Partial<Param> = {}): Param => ({ name, type: "String", ...more });
export const integer = (name: string, more: Partial<Param> = {}): Param => ({ name, type: "Integer", ...more });
export const float = (name: string, more: Partial<Param> = {}): Param => ({ name, type: "Float", ...more });
export const array = (name: string, more: Partial<Param> = {}): Param => ({ name, type: "Array", ...more });
export const required = { required: true } as const;

const INVALID = Symbol("invalid");

const toInteger = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isInteger(value) ? value : INVALID;
  if (typeof value !== "string") return INVALID;
  if (value === "") return null;
  return /^[+-]?\d+$/.test(value) ? Number(value) : INVALID;
};

const toFloat = (value: unknown): unknown => {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return INVALID;
  if (value === "") return null;
  return /^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value))
    ? Number(value)
    : INVALID;
};

const coerce = (param: Param, value: unknown): unknown => {
  if (value === null) return null;
  switch (param.type) {
    case "String":
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : INVALID;
    case "Integer":
      return toInteger(value);
    case "Float":
      return toFloat(value);
    case "Array":
      if (!Array.isArray(value)) return INVALID;
      return param.of && !value.every(isRecord) ? INVALID : value;
    default:
      return param.type satisfies never;
  }
};

/** Checks one level; problems are gathered in the order of declaration. */
const check = (params: readonly Param[], raw: Raw, path: (name: string) => string, problems: string[]): Raw => {
  const out: Raw = {};
  for (const param of params) {
    const name = path(param.name);
    if (!Object.hasOwn(raw, param.name)) {
      if (param.required) problems.push(`${name} is missing`);
      continue;
    }
    const value = coerce(param, raw[param.name]);
    if (value === INVALID) {
      problems.push(`${name} is invalid`);
      continue;
    }
    if (param.values && typeof value === "string" && !param.values.includes(value)) {
      problems.push(`${name} does not have a valid value`);
      continue;
    }
    const { of } = param;
    out[param.name] =
      of && Array.isArray(value)
        ? value.map((item, i) => check(of, isRecord(item) ? item : {}, (n) => `${name}[${String(i)}][${n}]`, problems))
        : value;
  }
  return out;
};

/** Checked parameters, asked for by name. */
export interface Params {
  readonly has: (name: string) => boolean;
  /** The text, or undefined when absent or null. */
  readonly text: (name: string) => string | undefined;
  readonly number: (name: string) => number | undefined;
  readonly list: (name: string) => readonly Raw[];
  readonly raw: Raw;
}

const readerOf = (values: Raw, raw: Raw): Params => ({
  has: (name) => Object.hasOwn(values, name),
  text: (name) => (typeof values[name] === "string" ? values[name] : undefined),
  number: (name) => (typeof values[name] === "number" ? values[name] : undefined),
  list: (name) => (Array.isArray(values[name]) ? values[name].filter(isRecord) : []),
  raw,
});

/** @throws Refusal 400 with every problem, joined as Grape joins them. */
export const declared = (params: readonly Param[], raw: Raw): Params => {
  const problems: string[] = [];
  const values = check(params, raw, (name) => name, problems);
  if (problems.length > 0) throw error(400, problems.join(", "));
  return readerOf(values, raw);
};

/** The first value that is text in a raw element, null otherwise: tags come undeclared. */
export const rawText = (item: Raw, name: string): string | null => {
  const value = item[name];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
};
