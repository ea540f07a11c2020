/** Datasets that a run read, as text of a field and as MLflow's message. */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { canonical } from "../../../shared/sync/doc.ts";
import type { WireDatasetInput } from "./wire.ts";

const NAME_CHARS = 500;
const DIGEST_CHARS = 36;
const SOURCE_BYTES = 65_535;
const SCHEMA_BYTES = 1_048_575;
const PROFILE_BYTES = 16_777_215;
const TAG_KEY_CHARS = 255;
const TAG_VALUE_CHARS = 500;

const Part = Type.Object({
  name: Type.String({ minLength: 1, maxLength: NAME_CHARS }),
  digest: Type.String({ minLength: 1, maxLength: DIGEST_CHARS }),
  source_type: Type.String({ maxLength: DIGEST_CHARS }),
  source: Type.String(),
  schema: Type.Optional(Type.String({ minLength: 1 })),
  profile: Type.Optional(Type.String({ minLength: 1 })),
  tags: Type.Array(
    Type.Object({
      key: Type.String({ minLength: 1, maxLength: TAG_KEY_CHARS }),
      value: Type.String({ maxLength: TAG_VALUE_CHARS }),
    }),
  ),
});
type Part = Static<typeof Part>;

/** Undefined for what MLflow cannot hold, or not in this form. */
export const parseDataset = (field: string, text: string): Part | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // no dataset at all: it is told as one that cannot be held
  }
  if (!Value.Check(Part, value) || field !== `dataset/${value.name}/${value.digest}`) return undefined;
  if (canonical(value) !== text || text.includes("\0") || !text.isWellFormed()) return undefined;
  const fits =
    Buffer.byteLength(value.source) <= SOURCE_BYTES &&
    Buffer.byteLength(value.schema ?? "") <= SCHEMA_BYTES &&
    Buffer.byteLength(value.profile ?? "") <= PROFILE_BYTES &&
    value.tags.length <= 1; // MLflow gives several in another order
  return fits ? value : undefined;
};

/** The message of `log-inputs`. */
export const toInput = ({ tags, ...dataset }: Part): object => ({ dataset, tags });

/** Field and text; undefined for a dataset without a name. */
export const datasetField = ({ dataset, tags = [] }: WireDatasetInput): readonly [string, string] | undefined => {
  if (!dataset?.name || !dataset.digest) return undefined;
  const { name, digest, source_type = "", source = "", schema, profile } = dataset;
  const said = tags.map(({ key = "", value = "" }) => ({ key, value }));
  const part = { name, digest, source_type, source, ...(schema && { schema }), ...(profile && { profile }) };
  return [`dataset/${name}/${digest}`, canonical({ ...part, tags: said })];
};
