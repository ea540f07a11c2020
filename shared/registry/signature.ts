/** Signatures of models: what MLmodel files say of inputs, outputs and params, how two differ, what that means. */

import type { Raise } from "../semver/semver.ts";

/** One input, output or param. `type` is written as a person reads it. */
export interface Field {
  readonly name: string; // "" for what has none
  readonly type: string;
  readonly required: boolean;
  readonly fallback?: string | undefined; // a param's default, as JSON
}
export interface Signature {
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
  readonly params: readonly Field[];
}
export const SIGNATURE_PARTS = ["inputs", "outputs", "params"] as const;
export type SignaturePart = (typeof SIGNATURE_PARTS)[number];

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const MAX_DEPTH = 12;

/** A type of MLflow's schema as text: `double`, `array<string>`, `{a: long, b?: string}`, `tensor float32 [-1, 3]`. */
export const describeType = (spec: unknown, depth = 0): string => {
  if (!isJson(spec) || depth > MAX_DEPTH) return "…";
  const type = textOf(spec["type"]) || textOf(spec["dtype"]);
  if (type === "tensor") {
    const tensor = isJson(spec["tensor-spec"]) ? spec["tensor-spec"] : {};
    return `tensor ${textOf(tensor["dtype"])} ${JSON.stringify(tensor["shape"] ?? []).replaceAll(",", ", ")}`;
  }
  if (type === "array") return `array<${describeType(spec["items"], depth + 1)}>`;
  if (type === "map") return `map<${describeType(spec["values"], depth + 1)}>`;
  if (type === "object" && isJson(spec["properties"])) {
    const fields = Object.entries(spec["properties"]).map(
      ([name, one]) => `${name}${isRequired(one) ? "" : "?"}: ${describeType(one, depth + 1)}`,
    );
    return `{${fields.join(", ")}}`;
  }
  return type || "…";
};

const isRequired = (spec: unknown): boolean => isJson(spec) && spec["required"] !== false && spec["optional"] !== true;

const toField = (spec: unknown): Field[] => {
  if (!isJson(spec)) return [];
  const shape = Array.isArray(spec["shape"]) ? ` ${JSON.stringify(spec["shape"])}` : "";
  const hasDefault = Object.hasOwn(spec, "default");
  return [
    {
      name: textOf(spec["name"]),
      type: `${describeType(spec)}${shape}`,
      required: hasDefault ? false : isRequired(spec),
      fallback: hasDefault ? JSON.stringify(spec["default"]) : undefined,
    },
  ];
};

/** A part of a signature: JSON text in an MLmodel file. Nothing for what is none. */
const readPart = (value: unknown): Field[] => {
  if (typeof value !== "string") return [];
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list.flatMap(toField) : [];
  } catch {
    return []; // written by something else than MLflow: the file itself is there to read
  }
};

/** The `signature` of a parsed MLmodel file; undefined where it has none. */
export const readSignature = (signature: unknown): Signature | undefined =>
  isJson(signature)
    ? {
        inputs: readPart(signature["inputs"]),
        outputs: readPart(signature["outputs"]),
        params: readPart(signature["params"]),
      }
    : undefined;

export type FieldChange = "same" | "added" | "removed" | "changed";
export interface FieldDiff {
  readonly name: string;
  readonly change: FieldChange;
  readonly before: Field | undefined;
  readonly after: Field | undefined;
}

/** Fields have their names; what has none is told by its place. */
const byName = (fields: readonly Field[]): Map<string, Field> =>
  new Map(fields.map((field, i) => [field.name || `#${i + 1}`, field]));
const isSame = (a: Field, b: Field): boolean =>
  a.type === b.type && a.required === b.required && a.fallback === b.fallback;

/** How one part differs between two signatures, in the order of the later one, then what is gone. */
export const diffFields = (before: readonly Field[], after: readonly Field[]): FieldDiff[] => {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...now.keys(), ...old.keys()])].map((name) => {
    const [a, b] = [old.get(name), now.get(name)];
    const change = a && b ? (isSame(a, b) ? "same" : "changed") : b ? "added" : "removed";
    return { name, change, before: a, after: b };
  });
};

/** Why a raise is advised, by the field that asks for the most. */
export type RaiseReason =
  | "input_required" // callers must send more, or something else
  | "output_changed" // callers get something else
  | "param_changed"
  | "input_optional" // callers may send more
  | "output_added"
  | "none";
export interface Advice {
  readonly raise: Raise;
  readonly reason: RaiseReason;
  readonly field: string;
}

const judgeInput = ({ change, before, after }: FieldDiff): [Raise, RaiseReason] => {
  const mustSend = change === "added" && after?.required === true;
  const mustSendNow = change === "changed" && (before?.type !== after?.type || (after?.required && !before?.required));
  return mustSend || mustSendNow ? ["major", "input_required"] : ["minor", "input_optional"];
};
const judges: Readonly<Record<SignaturePart, (diff: FieldDiff) => [Raise, RaiseReason]>> = {
  inputs: judgeInput,
  outputs: ({ change }) => (change === "added" ? ["minor", "output_added"] : ["major", "output_changed"]),
  params: ({ change, before, after }) =>
    change === "removed" || (change === "changed" && before?.type !== after?.type)
      ? ["major", "param_changed"]
      : ["minor", "input_optional"],
};
const RANK: Readonly<Record<Raise, number>> = { major: 2, minor: 1, patch: 0 };

/** Which part of the semantic version two signatures ask to raise; undefined where one of them is not known. */
export const adviseRaise = (before: Signature | undefined, after: Signature | undefined): Advice | undefined => {
  if (!before || !after) return undefined;
  let advice: Advice = { raise: "patch", reason: "none", field: "" };
  for (const part of SIGNATURE_PARTS)
    for (const diff of diffFields(before[part], after[part])) {
      if (diff.change === "same") continue;
      const [raise, reason] = judges[part](diff);
      if (RANK[raise] > RANK[advice.raise]) advice = { raise, reason, field: diff.name };
    }
  return advice;
};
