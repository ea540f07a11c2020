/** Checks a document against the types, strictly, and then answers it. */
import { isRecord } from "../body.ts";
import { type Document, type Field, type Operation, QueryError, type Selection, type Value } from "./parse.ts";
import type { Arg, Args, Context, FieldDef, Types, Values } from "./schema.ts";

interface Problem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
}
export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly Problem[];
}

const MAX_COMPLEXITY = 250;
const MAX_DEPTH = 20;

/** Fields of the selections, fragments opened. */
const fieldsOf = (document: Document, type: string, selections: readonly Selection[]): readonly Field[] =>
  selections.flatMap((each): readonly Field[] => {
    if (each.kind === "field") return [each];
    if (each.kind === "inline")
      return each.on === null || each.on === type ? fieldsOf(document, type, each.selections) : [];
    const fragment = document.fragments[each.name];
    if (!fragment) throw new QueryError(`Fragment ${each.name} was used, but not defined`);
    return fieldsOf(document, type, fragment);
  });

const checkField = (document: Document, types: Types, type: string, field: Field, depth: number): readonly string[] => {
  if (field.name === "__typename") return [];
  const def = types[type]?.[field.name];
  if (!def) return [`Field '${field.name}' doesn't exist on type '${type}'`];
  const stray = Object.keys(field.args).filter((name) => !Object.hasOwn(def.args, name));
  const lacking = Object.keys(def.args).filter((name) => def.args[name]?.required && !Object.hasOwn(field.args, name));
  const problems = [
    ...stray.map((name) => `Field '${field.name}' doesn't accept argument '${name}'`),
    ...(lacking.length > 0 ? [`Field '${field.name}' is missing required arguments: ${lacking.join(", ")}`] : []),
  ];
  if (def.type === null)
    return field.selections ? [...problems, `Selections can't be made on scalars (field '${field.name}')`] : problems;
  if (!field.selections)
    return [
      ...problems,
      `Field must have selections (field '${field.name}' returns ${def.type} but has no selections.)`,
    ];
  return [...problems, ...check(document, types, def.type, field.selections, depth + 1)];
};

const check = (
  document: Document,
  types: Types,
  type: string,
  selections: readonly Selection[],
  depth = 1,
): readonly string[] => {
  if (depth > MAX_DEPTH)
    return [`Query has depth of ${String(depth)}, which exceeds max depth of ${String(MAX_DEPTH)}`];
  return fieldsOf(document, type, selections).flatMap((field) => checkField(document, types, type, field, depth));
};

const complexity = (document: Document, selections: readonly Selection[]): number =>
  selections.reduce((sum, each) => {
    if (each.kind === "spread") return sum + complexity(document, document.fragments[each.name] ?? []);
    return sum + (each.kind === "field" ? 1 : 0) + complexity(document, each.selections ?? []);
  }, 0);

const plain = (value: Value, variables: Values): unknown => {
  switch (value.kind) {
    case "variable":
      if (!Object.hasOwn(variables, value.name))
        throw new QueryError(`Variable $${value.name} is used but not declared`);
      return variables[value.name];
    case "enum":
      return value.name;
    case "scalar":
      return value.value;
    case "list":
      return value.items.map((each) => plain(each, variables));
    case "object":
      return Object.fromEntries(Object.entries(value.fields).map(([name, each]) => [name, plain(each, variables)]));
    default:
      return value satisfies never;
  }
};

const isRight = (type: Arg["type"], value: unknown): boolean => {
  if (typeof type === "object") return Array.isArray(type) ? type.includes(value) : isRecord(value);
  switch (type) {
    case "String":
      return typeof value === "string";
    case "Int":
      return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
    case "ID":
      return typeof value === "string" || typeof value === "number";
    case "Boolean":
      return typeof value === "boolean";
    default:
      return type satisfies never;
  }
};

/** @throws QueryError for a value of another type, a missing or an unknown one */
const coerced = (where: string, args: Args, given: Values): Values => {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(args, name)) throw new QueryError(`${where} doesn't accept argument '${name}'`);
  const pairs = Object.entries(args).flatMap(([name, arg]): readonly (readonly [string, unknown])[] => {
    const value = given[name];
    if (value === undefined || value === null) {
      if (arg.required) throw new QueryError(`Argument '${name}' on ${where} is required`);
      return name in given ? [[name, null]] : [];
    }
    if (!isRight(arg.type, value))
      throw new QueryError(`Argument '${name}' on ${where} has an invalid value (${JSON.stringify(value)})`);
    if (isRecord(value) && typeof arg.type === "object" && !isList(arg.type))
      return [[name, coerced(`InputObject '${name}'`, arg.type, value)]];
    return [[name, value]];
  });
  return Object.fromEntries(pairs);
};
const isList = (type: readonly string[] | Args): type is readonly string[] => Array.isArray(type);

/** A null where the schema promises a value: the nearest object that may be null takes its place. */
class Bubble extends Error {}

class Run {
  readonly errors: Problem[] = [];
  readonly document: Document;
  readonly types: Types;
  readonly context: Context;
  readonly variables: Values;
  constructor(document: Document, types: Types, context: Context, variables: Values) {
    this.document = document;
    this.types = types;
    this.context = context;
    this.variables = variables;
  }

  object(type: string, source: unknown, selections: readonly Selection[], path: readonly (string | number)[]): unknown {
    try {
      const fields = fieldsOf(this.document, type, selections);
      const pairs = fields.map(
        (field) => [field.alias, this.field(type, source, field, [...path, field.alias])] as const,
      );
      return Object.fromEntries(pairs);
    } catch (cause) {
      if (cause instanceof Bubble && path.length > 0) return null;
      throw cause;
    }
  }

  resolved(def: FieldDef, source: unknown, field: Field, path: readonly (string | number)[]): unknown {
    try {
      const given = Object.entries(field.args).map(([name, value]) => [name, plain(value, this.variables)] as const);
      return def.resolve(source, coerced(`Field '${field.name}'`, def.args, Object.fromEntries(given)), this.context);
    } catch (cause) {
      if (!(cause instanceof QueryError)) throw cause;
      this.errors.push({ message: cause.message, path });
      return null;
    }
  }

  field(type: string, source: unknown, field: Field, path: readonly (string | number)[]): unknown {
    if (field.name === "__typename") return type;
    const def = this.types[type]?.[field.name];
    if (!def) return null;
    const value = this.resolved(def, source, field, path);
    if (value === null || value === undefined) {
      if (!def.nonNull) return null;
      const message = `Cannot return null for non-nullable field ${type}.${field.name}.`;
      this.errors.push({ message, path });
      throw new Bubble(message);
    }
    const { type: inner } = def;
    const { selections } = field;
    if (inner === null || !selections) return value;
    if (Array.isArray(value))
      return value.map((each: unknown, index) => this.object(inner, each, selections, [...path, index]));
    return this.object(inner, value, selections, path);
  }
}

const pick = (document: Document, name: string | undefined): Operation => {
  const found = document.operations.filter((each) => name === undefined || each.name === name);
  const [operation] = found;
  if (!operation) throw new QueryError(`No operation named "${name ?? ""}"`);
  if (found.length > 1) throw new QueryError("An operation name is required");
  return operation;
};

const variablesOf = (operation: Operation, given: Values): Values =>
  Object.fromEntries(
    operation.variables.map(({ name, type, required, fallback }) => {
      const value = given[name] ?? (fallback ? plain(fallback, {}) : undefined);
      if (required && (value === undefined || value === null))
        throw new QueryError(`Variable $${name} of type ${type}! was provided invalid value`);
      return [name, value];
    }),
  );

/** Answers the operation; what is wrong with the query is in `errors`, and nothing is done then. */
export const execute = (
  document: Document,
  types: Types,
  context: Context,
  asked: { readonly operationName: string | undefined; readonly variables: Values },
): Result => {
  const operation = pick(document, asked.operationName);
  const root = operation.type === "query" ? "Query" : "Mutation";
  const problems = check(document, types, root, operation.selections);
  if (problems.length > 0) return { errors: problems.map((message) => ({ message })) };
  const cost = complexity(document, operation.selections);
  if (cost > MAX_COMPLEXITY)
    throw new QueryError(
      `Query has complexity of ${String(cost)}, which exceeds max complexity of ${String(MAX_COMPLEXITY)}`,
    );
  const run = new Run(document, types, context, variablesOf(operation, asked.variables));
  const data = run.object(root, {}, operation.selections, []);
  return run.errors.length > 0 ? { data, errors: run.errors } : { data };
};
