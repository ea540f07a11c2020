/** YAML as plain data. A file of several documents is a list of them. */
import { parseAllDocuments } from "yaml";

/** Aliases that may be followed: a small file can otherwise mean billions of nodes. */
const MAX_ALIASES = 1000;

/** @throws Error that names line and column of what is wrong */
export const parseYaml = (text: string): unknown => {
  const documents = parseAllDocuments(text, { prettyErrors: true, logLevel: "silent", uniqueKeys: false });
  if (!Array.isArray(documents)) return null; // an empty file
  const values = documents.map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return value;
  });
  return values.length === 1 ? values[0] : values;
};
