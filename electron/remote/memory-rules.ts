/** What a far side in memory can hold: as little as GitLab, as much as MLflow, or what a test puts together. */
import { isSemver } from "../../shared/semver/semver.ts";
import type { Point, SyncKind } from "../../shared/sync/doc.ts";
import type { Limits } from "./remote.ts";

/** How one field, or all below one head (`tag`, `param` …), can be written. */
export interface FieldRule {
  /** `creation`: with the object only; `once`: also later, never changed; `change`: not taken away; `free`: all. */
  readonly set: "creation" | "once" | "change" | "free";
  /** Longest key and value, characters. */
  readonly key?: number;
  readonly value?: number;
  /** Blank values are kept. */
  readonly blank?: boolean;
}

export interface MemoryOptions {
  readonly fields: Readonly<Record<SyncKind, Readonly<Record<string, FieldRule>>>>;
  /** NaN and infinities are kept. */
  readonly nonFinite: boolean;
  /** Steps have 32 bits. */
  readonly shortSteps: boolean;
  /** Equal points and older files of a path stay beside the new ones. */
  readonly keepsDuplicates: boolean;
  /** A run takes the id it is given in `run_id`. */
  readonly clientIds: boolean;
  /** Whole paths that it takes for files. */
  readonly filePath: RegExp;
  /** `files` tells digests. */
  readonly digests: boolean;
  /** Downloads begin where they are asked to. */
  readonly ranges: boolean;
  readonly pageSize: number;
  readonly limits: Limits;
}

const GIGABYTE = 1_000_000_000;
const writeOnce = { set: "once", key: 250, value: 5000 } as const;
const smallOnce = { set: "once", key: 250, value: 250 } as const;

/** As poor as GitLab: tags and params are written once, nothing is renamed, duplicates stay. */
export const poorMemory: MemoryOptions = {
  fields: {
    experiment: { name: { set: "creation", value: 255 }, tag: writeOnce },
    run: {
      name: { set: "creation", value: 255 },
      status: { set: "change" },
      start_time: { set: "creation" },
      end_time: { set: "change" },
      param: smallOnce,
      tag: writeOnce,
    },
    registered_model: {
      name: { set: "creation", value: 255 },
      description: { set: "free", value: 10_000 },
      tag: writeOnce,
    },
    model_version: {
      semver: { set: "creation", value: 255 },
      description: { set: "change", value: 10_000 },
      tag: writeOnce,
      param: smallOnce,
      run_tag: writeOnce,
    },
  },
  nonFinite: false,
  shortSteps: true,
  keepsDuplicates: true,
  clientIds: false,
  filePath: /^[A-Za-z0-9._+\- ]+(?:\/[A-Za-z0-9._+\- ]+)*$/,
  digests: true,
  ranges: true,
  pageSize: 20,
  limits: { fileBytes: 5 * GIGABYTE, batch: 100, pointBatch: 1000, noteBytes: 5000, settleMs: 65_000 },
};

const freely = { set: "free", key: 250, value: 8000, blank: true } as const;
const free = { set: "free" } as const;

/** As rich as MLflow: names, tags, aliases and stages change, points and files are one each. */
export const richMemory: MemoryOptions = {
  fields: {
    experiment: { name: { set: "change", value: 500 }, tag: freely },
    run: {
      name: { set: "change", value: 500 },
      status: { set: "change" },
      start_time: { set: "creation" },
      end_time: free,
      user_id: { set: "creation" },
      param: { set: "once", key: 250, value: 6000, blank: true },
      tag: freely,
      dataset: { set: "once" },
      model: { set: "once" },
    },
    registered_model: { name: { set: "change", value: 256 }, description: free, tag: freely, alias: free },
    model_version: {
      semver: { set: "creation", value: 255 },
      description: free,
      stage: { set: "change" },
      source: { set: "creation" },
      run_link: { set: "creation" },
      tag: freely,
    },
  },
  nonFinite: true,
  shortSteps: false,
  keepsDuplicates: false,
  clientIds: false,
  filePath: /^[^/\p{Cc}]+(?:\/[^/\p{Cc}]+)*$/u,
  digests: false,
  ranges: true,
  pageSize: 100,
  limits: { fileBytes: 5 * GIGABYTE, batch: 100, pointBatch: 1000, noteBytes: 5000, settleMs: 65_000 },
};

const lengthOf = (text: string): number => [...text].length;
const isBlank = (text: string): boolean => text.trim() === "";

const ruleOf = (options: MemoryOptions, kind: SyncKind, field: string) => {
  const slash = field.indexOf("/");
  const head = slash < 0 ? field : field.slice(0, slash);
  const given: Readonly<Record<string, FieldRule>> =
    options.clientIds && kind === "run" ? { run_id: { set: "creation" } } : {};
  const rules = { ...options.fields[kind], ...given };
  const rule = Object.hasOwn(rules, head) ? rules[head] : undefined;
  return { rule, key: slash < 0 ? undefined : field.slice(slash + 1) };
};

const unset = (rule: FieldRule, field: string): true | string =>
  rule.set === "free" || `${field} cannot be taken away there once it is set.`;

const tooLong = (rule: FieldRule, key: string | undefined, value: string): string | undefined => {
  if (key !== undefined && rule.key !== undefined && lengthOf(key) > rule.key)
    return `Its key has more than ${rule.key} characters.`;
  if (rule.value !== undefined && lengthOf(value) > rule.value)
    return `Its value has more than ${rule.value} characters.`;
  return undefined;
};

/** The `holds` of a far side with these options. */
export const holdsIn =
  (options: MemoryOptions) =>
  (kind: SyncKind, field: string, value: string | null, now: string | undefined): true | string => {
    const { rule, key } = ruleOf(options, kind, field);
    if (!rule) return `There is no place for ${field} there.`;
    if (value === (now ?? null)) return true;
    if (value === null) return unset(rule, field);
    if (now !== undefined && (rule.set === "creation" || rule.set === "once"))
      return `${field} cannot be changed there once it is set.`;
    if (!value.isWellFormed() || key?.isWellFormed() === false) return "It is not valid Unicode.";
    if ((isBlank(value) && rule.blank !== true) || (key !== undefined && isBlank(key)))
      return "Blanks are not kept there.";
    if (field === "semver" && !isSemver(value)) return "It is no semantic version.";
    return tooLong(rule, key, value) ?? true;
  };

/** Whether a field may still be written once the object is there. */
export const isLater = (options: MemoryOptions, kind: SyncKind, field: string): boolean =>
  ruleOf(options, kind, field).rule?.set !== "creation";

const INT32 = 2n ** 31n;
const INT64 = 2n ** 63n;

/** The `holdsPoint` of a far side with these options. */
export const holdsPointIn =
  (options: MemoryOptions) =>
  (point: Point): true | string => {
    if (!options.nonFinite && !Number.isFinite(point.value)) return "Only finite values are kept there.";
    const bound = options.shortSteps ? INT32 : INT64;
    const step = BigInt(point.step);
    return (step < bound && step >= -bound) || `A step has ${options.shortSteps ? 32 : 64} bits there.`;
  };

/** The `holdsFile` of a far side with these options. */
export const holdsFileIn =
  (options: MemoryOptions) =>
  (path: string): true | string =>
    (options.filePath.test(path) && !path.split("/").some((part) => part === "." || part === "..")) ||
    `There is no place for a file named '${path}' there.`;
