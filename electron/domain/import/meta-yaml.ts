/**
 * Reads the small YAML files of MLflow's file store. They are written by PyYAML under YAML 1.1, so every scalar is taken
 * as the text it is and given its type by the reader: `version: 1e3` and `name: 'null'` keep their meaning.
 */
import { isMap, isScalar, parseDocument, Scalar } from "yaml";

/** A value of such a file: text, null, or a map of texts. */
export interface Meta {
  readonly text: (key: string) => string | null;
  /** @throws Error when the value is no integer. */
  readonly integer: (key: string) => number | null;
  readonly map: (key: string) => ReadonlyMap<string, string>;
}

const toText = (node: unknown): string | null => {
  if (!isScalar<string>(node)) return null; // of the failsafe schema, where every scalar is a string
  const text = node.value;
  return node.type === Scalar.PLAIN && /^(?:null|Null|NULL|~|)$/.test(text) ? null : text;
};

/** @throws Error for what is no map. */
export const parseMeta = (yaml: string): Meta => {
  const document = parseDocument(yaml, { schema: "failsafe", version: "1.1", logLevel: "silent" });
  const [error] = document.errors;
  if (error) throw error;
  const root = document.contents;
  if (!isMap(root)) throw new Error("it is not a map");
  const text = (key: string): string | null => toText(root.get(key, true));
  return {
    text,
    integer: (key) => {
      const digits = text(key);
      if (digits === null) return null;
      if (!/^[+-]?\d+$/.test(digits)) throw new Error(`'${key}' is '${digits}', not an integer`);
      return Number(digits);
    },
    map: (key) => {
      const node = root.get(key, true);
      if (!isMap(node)) return new Map();
      return new Map(node.items.map((item) => [toText(item.key) ?? "", toText(item.value) ?? ""]));
    },
  };
};
