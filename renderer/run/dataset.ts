/** A dataset's schema, profile and source as MLflow writes them: JSON texts of several shapes. */

interface Column {
  readonly name: string;
  readonly type: string;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

export const parseFields = (text: string | null | undefined): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // some client's own words: shown as they are
  }
};

/** One column of a signature or a schema: `{name, type}`, a tensor, an array or an object. */
export const toColumn = (value: unknown): Column[] => {
  if (!isFields(value)) return [];
  const tensor = value["tensor-spec"];
  const type = isFields(tensor)
    ? `${textOf(tensor["dtype"])} ${textOf(tensor["shape"])}`
    : value["type"] === "array"
      ? `array<${textOf(isFields(value["items"]) ? value["items"]["type"] : value["items"])}>`
      : textOf(value["type"]);
  const optional = value["required"] === false ? "?" : "";
  return [{ name: textOf(value["name"]), type: `${type}${optional}` }];
};

/** The columns of a dataset's schema; undefined for a schema without any. */
export const columnsOf = (schema: string | null): Column[] | undefined => {
  const columns = parseFields(schema)?.["mlflow_colspec"];
  return Array.isArray(columns) ? columns.flatMap(toColumn) : undefined;
};

/** Where a dataset is from: its path or address, or all that is said. */
export const sourceText = (source: string): string => {
  const fields = parseFields(source);
  if (!fields) return source;
  const [first] = ["uri", "url", "path", "table_name"].flatMap((name) => fields[name] ?? []);
  return first === undefined ? (Object.keys(fields).length === 0 ? "" : source) : textOf(first);
};

/** JSON with line breaks; anything else as it is. */
export const prettyJson = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};
