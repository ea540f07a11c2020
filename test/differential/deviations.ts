/**
 * Where Outpost differs from MLflow on purpose, as rules: a difference that no rule explains is a fault. Each rule bears
 * the words of the product's own list, and no rule is without an entry there.
 */
import type { Call } from "./call.ts";
import type { Seen } from "./compare.ts";
import { isFields, type Json } from "./world.ts";

interface Deviation {
  readonly name: string;
  readonly explains: (call: Call, reference: Seen, candidate: Seen) => boolean;
}

type SameText = (kept: string, reference: Json | undefined, list: string) => boolean;

/** Whether two answers agree where every text may differ as `same` says. `list` is the name of the list that a text is in. */
const agree = (candidate: Json, reference: Json | undefined, same: SameText, list = ""): boolean => {
  if (Array.isArray(candidate))
    return (
      Array.isArray(reference) &&
      reference.length === candidate.length &&
      candidate.every((each, i) => agree(each, reference[i], same, list))
    );
  if (isFields(candidate))
    return (
      isFields(reference) &&
      Object.keys(reference).length === Object.keys(candidate).length &&
      Object.entries(candidate).every(([name, each]) =>
        agree(each, reference[name], same, typeof each === "string" ? list : name),
      )
    );
  return candidate === reference || (typeof candidate === "string" && same(candidate, reference, list));
};

const agreeWhere = (candidate: Seen, reference: Seen, same: SameText): boolean =>
  "json" in candidate &&
  "json" in reference &&
  candidate.status === reference.status &&
  agree(candidate.json, reference.json, same);

const INFINITIES: Record<string, number> = { Infinity: Number.MAX_VALUE, "-Infinity": -Number.MAX_VALUE };
const isClamped: SameText = (kept, reference) => INFINITIES[kept] === reference;

const LIMITS: Record<string, number> = { params: 6000, tags: 8000 };
const isCut: SameText = (kept, reference, list) => kept.slice(0, LIMITS[list] ?? Infinity) === reference;

const refused = (seen: Seen): boolean =>
  seen.status === 400 && "errorCode" in seen && seen.errorCode === "INVALID_PARAMETER_VALUE";
const accepted = (seen: Seen): boolean => seen.status === 200;
const twisted = (call: Call, ...twists: NonNullable<Call["twist"]>[]): boolean =>
  call.twist !== undefined && twists.includes(call.twist);

export const deviations: readonly Deviation[] = [
  {
    name: "a nested value of the wrong type; a timestamp such as `1.5`, `true`, 2^63 or 2^70",
    explains: (call, _, candidate) => twisted(call, "mistyped") && refused(candidate),
  },
  {
    name: "`1e400`, a bare `NaN`, half of a surrogate pair in JSON",
    explains: (call, _, candidate) => twisted(call, "not JSON's numbers") && refused(candidate),
  },
  {
    name: "metric values +∞ and −∞",
    explains: (_, reference, candidate) => agreeWhere(candidate, reference, isClamped),
  },
  {
    name: "a param value over 6000 or a run tag's over 8000 characters",
    explains: (_, reference, candidate) =>
      agreeWhere(candidate, reference, (...each) => isClamped(...each) || isCut(...each)),
  },
  {
    name: "a list or number as the body, `[]` as a metric's value, `null` as a batch's list, a field twice in `order_by`, renaming a deleted experiment, archiving with stage None, ids beyond 64 bits, odd artifact paths",
    explains: (_, reference, candidate) =>
      reference.status === 500 && candidate.status >= 400 && candidate.status < 500,
  },
  {
    name: "downloading a folder, `get-artifact` without a path, an encoded slash in a tag's path",
    explains: (_, reference, candidate) =>
      "errorCode" in reference && reference.errorCode === undefined && reference.status === candidate.status,
  },
  {
    name: "a filter with 64 or more AND clauses",
    explains: (call, reference, candidate) =>
      twisted(call, "beyond MLflow's grammar") && reference.status === 503 && candidate.status < 500,
  },
  {
    name: "OR, NOT, parentheses, IN in filters",
    explains: (call, reference, candidate) =>
      twisted(call, "beyond MLflow's grammar") && reference.status === 400 && accepted(candidate),
  },
  {
    name: "a backslash in an artifact's path, a name in it over 255 bytes",
    explains: (call, reference, candidate) => twisted(call, "backslash") && accepted(reference) && refused(candidate),
  },
  {
    name: "an `artifact_location` anywhere on disk",
    explains: (call, reference, candidate) =>
      twisted(call, "own location") && accepted(reference) && refused(candidate),
  },
  {
    name: "`models:/name/2.1.0`",
    explains: (call, reference, candidate) =>
      twisted(call, "semver") &&
      (call.method === "GET" ? !accepted(reference) && accepted(candidate) : accepted(reference) && refused(candidate)),
  },
];

/** The name of the deviation that explains the difference, if one does. */
export const deviationOf = (call: Call, reference: Seen, candidate: Seen): string | undefined =>
  deviations.find((each) => each.explains(call, reference, candidate))?.name;
