/** What the double knows: plain objects in memory, files in a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Options, type Variant, optionsOf } from "./options.ts";

export interface Tag {
  readonly key: string;
  readonly value: string;
}
export interface Metric {
  readonly id: number;
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number | null;
}
export type Role = "none" | "guest" | "planner" | "reporter" | "developer" | "maintainer" | "owner";
export const levels: Readonly<Record<Role, number>> = {
  none: 0,
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};
export interface User {
  readonly id: number;
  readonly username: string;
}
export interface Token {
  readonly id: number;
  readonly name: string;
  value: string;
  readonly kind: "personal" | "project" | "job" | "trigger" | "deploy";
  userId: number;
  scopes: string[];
  state: "active" | "expired" | "revoked";
  readonly projectId: number | null;
}
export interface Project {
  readonly id: number;
  path: string;
  visibility: "private" | "public";
  members: Record<number, Role>;
  experimentsOn: boolean;
  registryOn: boolean;
  packagesOn: boolean;
  archived: boolean;
  refs: string[];
  jobs: number[];
  nextIid: Record<string, number>;
}
export interface Experiment {
  readonly id: number;
  readonly iid: number;
  readonly projectId: number;
  readonly name: string;
  readonly userId: number;
  modelId: number | null;
  readonly tags: Tag[];
  readonly createdAt: number;
  updatedAt: number;
}
export const statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
/** What the MLflow API calls a run. */
export interface Candidate {
  readonly id: number;
  readonly iid: number;
  readonly eid: string;
  readonly projectId: number;
  readonly experimentId: number;
  readonly name: string | null;
  readonly startTime: number;
  endTime: number | null;
  status: string;
  userId: number | null;
  readonly params: Tag[];
  readonly tags: Tag[];
  readonly metrics: Metric[];
  versionId: number | null;
  packageId: number | null;
  ciJobId: number | null;
  readonly createdAt: number;
}
export interface Model {
  readonly id: number;
  readonly projectId: number;
  name: string;
  description: string | null;
  readonly userId: number;
  readonly tags: Tag[];
  readonly experimentId: number;
  /** Oldest first. */
  readonly versions: Version[];
  readonly createdAt: number;
  updatedAt: number;
}
export interface Version {
  readonly id: number;
  readonly projectId: number;
  readonly modelId: number;
  readonly version: string;
  description: string | null;
  readonly tags: Tag[];
  readonly candidateId: number;
  packageId: number | null;
  readonly createdAt: number;
  updatedAt: number;
}
export interface PackageFile {
  readonly id: number;
  readonly packageId: number;
  /** URL-encoded path and name, as listings show it. */
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
  readonly createdAt: number;
  readonly path: string;
}
export interface Package {
  readonly id: number;
  readonly projectId: number;
  name: string;
  version: string;
  status: string;
  readonly createdAt: number;
  downloadedAt: number | null;
  readonly files: PackageFile[];
}
export interface Pipeline {
  readonly id: number;
  readonly iid: number;
  readonly projectId: number;
  readonly ref: string;
  readonly source: string;
  readonly userId: number;
  readonly variables: Tag[];
  readonly createdAt: number;
  updatedAt: number;
  /** Set by cancel, or by a test that decides how it goes. */
  forced: string | null;
  outcome: string;
}
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  /** Whose token it was, by its name, never its value. */
  readonly token: string | null;
  readonly bytes: number;
  status: number | null;
  fault: string | null;
  done: boolean;
}

export interface State {
  readonly seed: number;
  readonly variant: Variant;
  readonly options: Options;
  readonly folder: string;
  readonly users: User[];
  readonly tokens: Token[];
  readonly projects: Project[];
  readonly experiments: Map<number, Experiment>;
  readonly candidates: Map<number, Candidate>;
  readonly byEid: Map<string, Candidate>;
  readonly models: Map<number, Model>;
  readonly versions: Map<number, Version>;
  readonly packages: Map<number, Package>;
  readonly pipelines: Map<number, Pipeline>;
  readonly log: LogEntry[];
  readonly random: () => number;
  readonly nextId: (kind: string) => number;
  readonly now: () => number;
  /** Milliseconds that the double's clock is ahead of the machine's. */
  clockOffset: number;
  /** The clock stands still at this time, unless null. */
  clockFrozen: number | null;
  rateLimit: { readonly max: number; readonly windowMs: number; readonly name: string } | null;
  maxFileSize: number;
}

/** Mulberry32: small, seeded, good enough for ids and nicknames. */
const randomOf = (seed: number): (() => number) => {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

/** Lower-case hexadecimal digits from the state's own random source. */
export const hexDigits = (state: Pick<State, "random">, count: number): string =>
  Array.from({ length: count }, () => Math.floor(state.random() * 16).toString(16)).join("");

/** A version 4 UUID from the state's own random source. */
export const uuid = (state: State): string => {
  const h = hexDigits(state, 32);
  const variant = "89ab"[Math.floor(state.random() * 4)] ?? "8";
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`;
};

/** The next iid of a kind within a project; never given twice, also after a delete. */
export const nextIid = (project: Project, kind: string): number => {
  const iid = (project.nextIid[kind] ?? 0) + 1;
  project.nextIid[kind] = iid;
  return iid;
};

/** The file folder goes with the state: `discard` removes it. */
export const createState = (settings: { seed: number; variant: Variant; options?: Partial<Options> }): State => {
  const random = randomOf(settings.seed);
  const counters = new Map<string, number>();
  const state: State = {
    seed: settings.seed,
    variant: settings.variant,
    options: { ...optionsOf(settings.variant), ...settings.options },
    folder: mkdtempSync(join(tmpdir(), "gitlab-double-")),
    users: [],
    tokens: [],
    projects: [],
    experiments: new Map(),
    candidates: new Map(),
    byEid: new Map(),
    models: new Map(),
    versions: new Map(),
    packages: new Map(),
    pipelines: new Map(),
    log: [],
    random,
    nextId: (kind) => {
      // Each kind starts elsewhere, far from any iid: who mixes them up finds nothing.
      const id = counters.get(kind) ?? 1000 * (2 + [...counters.keys()].length) + Math.floor(random() * 900);
      counters.set(kind, id + 1 + Math.floor(random() * 3));
      return id;
    },
    now: () => state.clockFrozen ?? Date.now() + state.clockOffset,
    clockOffset: 0,
    clockFrozen: null,
    rateLimit: null,
    maxFileSize: 10 * 1024 ** 3,
  };
  return state;
};

/** Removes the files of a state that is no longer needed. */
export const discard = (state: State): void => rmSync(state.folder, { recursive: true, force: true });
