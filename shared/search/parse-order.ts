import type { Order } from "./ast.ts";
import { type Entity, type Grammar, grammars } from "./fields.ts";
import { type Identifier, identifierAt, keyOf, splitIdentifier } from "./identifiers.ts";
import { SearchError } from "./search-error.ts";
import { tokenize } from "./tokens.ts";

const orderFieldOf = (entity: Entity, grammar: Grammar, identifier: Identifier, directed: boolean): Order["field"] => {
  const [prefix, rest] = splitIdentifier(identifier.text);
  const kind = prefix === undefined ? "attribute" : resolveKind(grammar, prefix);
  if (kind !== undefined && grammar.orderKinds.includes(kind)) return { kind, key: keyOf(grammar, rest) };
  // MLflow's registry looks at the bare word (quotes only come off before a direction), and takes `tags.name` for `name`.
  const bare =
    entity === "registeredModels"
      ? directed
        ? keyOf(grammar, identifier.text)
        : identifier.text
      : keyOf(grammar, rest);
  const asAttribute = kind === "attribute" || (entity === "modelVersions" && kind === "tag");
  const key = asAttribute ? grammar.orderAttributes.get(bare) : undefined;
  if (key !== undefined) return { kind: "attribute", key };
  const keys = [...grammar.orderAttributes.keys(), ...grammar.orderKinds.map((k) => `${k}s.<key>`)];
  throw new SearchError(`Cannot order by '${identifier.text}', only by ${keys.join(", ")}`, identifier.start);
};

const resolveKind = (grammar: Grammar, prefix: string) =>
  grammar.prefixes.get(grammar.quotedPrefix && /^`.*`$/.test(prefix) ? prefix.slice(1, -1) : prefix);

const parseOne = (entity: Entity, text: string): Order => {
  const grammar = grammars[entity];
  const wrong = (position: number): never => {
    throw new SearchError(
      `Invalid order_by '${text.slice(0, 80)}': write a field, then ASC or DESC or nothing`,
      position,
    );
  };
  if (text.trim() !== text || text === "") wrong(0);
  const tokens = tokenize(text);
  const identifier = identifierAt(text, tokens, 0);
  if (!identifier) return wrong(0);
  const word = tokens[identifier.next];
  const direction = word?.type === "word" ? word.text.toUpperCase() : undefined;
  const directed = direction === "ASC" || direction === "DESC";
  if ((directed ? tokens[identifier.next + 1] : word)?.type !== "end") wrong(word?.start ?? 0);
  return { field: orderFieldOf(entity, grammar, identifier, directed), ascending: direction !== "DESC" };
};

/**
 * What `order_by` asks for. @throws SearchError (`invalid`) for a field that cannot be sorted by, anything behind the
 * direction, and a field named twice (experiments take the first).
 */
export const parseOrder = (entity: Entity, orderBy: readonly string[]): readonly Order[] => {
  const seen = new Set<string>();
  return orderBy.flatMap((text) => {
    const order = parseOne(entity, text);
    const name = `${order.field.kind} ${order.field.key}`;
    if (seen.has(name)) {
      if (entity === "experiments") return [];
      throw new SearchError(`order_by names '${order.field.key}' twice`, 0);
    }
    seen.add(name);
    return [order];
  });
};

/** One order of logged models, which come apart already. */
export interface LoggedModelOrder {
  readonly fieldName: string;
  readonly ascending: boolean;
  /** Of a metric: only values on this dataset. */
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

/** The field of such an order. @throws SearchError (`invalid`) for one that cannot be sorted by. */
export const parseLoggedModelOrder = ({ fieldName }: LoggedModelOrder): Order["field"] => {
  const [prefix, rest] = splitIdentifier(fieldName);
  if (prefix === "metrics") return { kind: "metric", key: rest };
  const key = prefix === undefined ? grammars.loggedModels.orderAttributes.get(rest) : undefined;
  if (key !== undefined) return { kind: "attribute", key };
  const keys = [...grammars.loggedModels.orderAttributes.keys(), "metrics.<key>"];
  throw new SearchError(`Cannot order by '${fieldName}', only by ${keys.join(", ")}`, 0);
};
