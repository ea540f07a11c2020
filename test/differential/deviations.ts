/**
 * Where Outpost differs from MLflow on purpose, as rules: a difference that no rule explains is a fault. The list in
 * words stands in the README; nothing may be added here without standing there.
 */
import type { Call } from "./call.ts";
import { type Seen, sameSeen } from "./compare.ts";
import { isFields, type Json } from "./world.ts";

interface Deviation {
  readonly name: string;
  readonly explains: (call: Call, reference: Seen, candidate: Seen) => boolean;
}

const mapTexts = (value: Json, change: (text: string, key: string, within: Json) => Json, key = ""): Json => {
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change, key));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      typeof each === "string" ? change(each, key, value) : mapTexts(each, change, name),
    ]),
  );
};

/** Whether the candidate's answer, changed as MLflow would have, is the reference's. */
const sameOnce = (candidate: Seen, reference: Seen, change: (json: Json) => Json): boolean =>
  "json" in candidate && sameSeen(reference, { status: candidate.status, json: change(candidate.json) });

const INFINITIES: Record<string, number> = { Infinity: Number.MAX_VALUE, "-Infinity": -Number.MAX_VALUE };
const clampInfinity = (json: Json): Json => mapTexts(json, (text) => INFINITIES[text] ?? text);

const LIMITS: Record<string, number> = { params: 6000, tags: 8000 };
const cutLongValues = (json: Json): Json => mapTexts(json, (text, key) => text.slice(0, LIMITS[key] ?? Infinity));

const refused = (seen: Seen): boolean =>
  seen.status === 400 && "errorCode" in seen && seen.errorCode === "INVALID_PARAMETER_VALUE";
const accepted = (seen: Seen): boolean => seen.status === 200;
const twisted = (call: Call, ...twists: NonNullable<Call["twist"]>[]): boolean =>
  call.twist !== undefined && twists.includes(call.twist);

export const deviations: readonly Deviation[] = [
  {
    name: "a mistyped value is refused and nothing stored, where MLflow drops it or reads another",
    explains: (call, _, candidate) => twisted(call, "mistyped") && refused(candidate),
  },
  {
    name: "1e400 and a bare NaN are refused, where MLflow stores 0.0",
    explains: (call, _, candidate) => twisted(call, "not JSON's numbers") && refused(candidate),
  },
  {
    name: "±Infinity is kept, where MLflow makes it ±1.797e308",
    explains: (_, reference, candidate) => sameOnce(candidate, reference, clampInfinity),
  },
  {
    name: "long values of params and tags are kept whole, where MLflow cuts them off",
    explains: (_, reference, candidate) => sameOnce(candidate, reference, (json) => clampInfinity(cutLongValues(json))),
  },
  {
    name: "what crashes MLflow (500) is refused with the 4xx that fits",
    explains: (_, reference, candidate) =>
      reference.status === 500 && candidate.status >= 400 && candidate.status < 500,
  },
  {
    name: "an error is JSON with its code, where MLflow answers with a page",
    explains: (_, reference, candidate) =>
      "errorCode" in reference && reference.errorCode === undefined && reference.status === candidate.status,
  },
  {
    name: "64 and more clauses work, where MLflow says 503",
    explains: (call, reference, candidate) =>
      twisted(call, "beyond MLflow's grammar") && reference.status === 503 && candidate.status < 500,
  },
  {
    name: "OR, NOT, parentheses and IN are accepted, where MLflow refuses them",
    explains: (call, reference, candidate) =>
      twisted(call, "beyond MLflow's grammar") && reference.status === 400 && accepted(candidate),
  },
  {
    name: "a backslash in an artifact's name is refused",
    explains: (call, reference, candidate) => twisted(call, "backslash") && accepted(reference) && refused(candidate),
  },
  {
    name: "an artifact_location of one's own is refused",
    explains: (call, reference, candidate) =>
      twisted(call, "own location") && accepted(reference) && refused(candidate),
  },
  {
    name: "a semver finds its version as a stage and cannot be an alias",
    explains: (call, reference, candidate) =>
      twisted(call, "semver") &&
      (call.method === "GET" ? !accepted(reference) && accepted(candidate) : accepted(reference) && refused(candidate)),
  },
];

/** The name of the deviation that explains the difference, if one does. */
export const deviationOf = (call: Call, reference: Seen, candidate: Seen): string | undefined =>
  deviations.find((each) => each.explains(call, reference, candidate))?.name;
