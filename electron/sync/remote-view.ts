/** What a listing shows, as it is kept: refused by name where it could only do harm, else as a row. */
import type { SeenRow } from "../store/sync/rows.ts";
import type { RemoteObject } from "../remote/remote.ts";

export type SeenInput = Omit<SeenRow, "uid" | "fresh" | "missed" | "missed_at">;

const MAX_ID = 1_000;
const MAX_NAME = 5_000;
const MAX_FIELDS = 20_000;
const MAX_BYTES = 8 * 1024 * 1024;
const SHOWN = 80;
const REFUSED = "refused: ";

const shown = (text: string): string => {
  const plain = text
    .slice(0, SHOWN)
    .toWellFormed()
    .replace(/\p{Cc}/gu, "?");
  return text.length > SHOWN ? `${plain}…` : plain;
};

const excess = (object: RemoteObject): string | undefined => {
  if (object.name.length > MAX_NAME)
    return `its name has ${object.name.length} characters, and ${MAX_NAME} are the most`;
  const fields = Object.entries(object.fields);
  if (fields.length > MAX_FIELDS) return `it has ${fields.length} tags and values, and ${MAX_FIELDS} are the most`;
  const size = fields.reduce((sum, [field, value]) => sum + field.length + value.length, 0);
  return size > MAX_BYTES ? `its tags and values have ${size} characters, and ${MAX_BYTES} are the most` : undefined;
};

/** Undefined for what has no id that could be kept. What is too much is kept as a name and the reason only. */
export const toSeen = (object: RemoteObject): SeenInput | undefined => {
  if (object.id === "" || object.id.length > MAX_ID || (object.parent?.length ?? 0) > MAX_ID) return undefined;
  const row = {
    kind: object.kind,
    id: object.id,
    parent: object.parent,
    updated_at: Number.isSafeInteger(object.updatedAt) ? object.updatedAt : 0,
    web_url: object.webUrl !== undefined && object.webUrl.length <= MAX_NAME ? object.webUrl : null,
  };
  const why = excess(object);
  return why === undefined
    ? {
        ...row,
        name: object.name,
        fields: object.fields,
        fingerprint: object.fingerprint,
        points_mark: object.pointsMark,
      }
    : { ...row, name: shown(object.name), fields: {}, fingerprint: `${REFUSED}${why}`, points_mark: "" };
};

/** Why an object was not taken in. */
export const refusalOf = (row: Pick<SeenRow, "fingerprint">): string | undefined =>
  row.fingerprint.startsWith(REFUSED) ? row.fingerprint.slice(REFUSED.length) : undefined;

/** The object of a row again. */
export const toRemoteObject = (row: SeenInput): RemoteObject => ({
  kind: row.kind,
  id: row.id,
  name: row.name,
  parent: row.parent,
  fields: row.fields,
  fingerprint: row.fingerprint,
  pointsMark: row.points_mark,
  updatedAt: row.updated_at,
  ...(row.web_url !== null && { webUrl: row.web_url }),
});
