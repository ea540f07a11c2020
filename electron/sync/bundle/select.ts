/** What goes into a bundle: what was asked for by name with all that it needs, or what a peer is not known to have. */
import { DomainError } from "../../../shared/errors.ts";
import { syncKinds, type LocalDoc, type SyncKind } from "../../../shared/sync/doc.ts";
import type { BundleRows } from "../../store/sync/bundle-rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import { fieldOf } from "../fields.ts";
import type { Local, LocalRef } from "../local.ts";
import type { Turn } from "./turn.ts";

export interface Selection {
  /** Models with all versions, or one of them: by its semantic version or its number. */
  readonly models?: readonly { readonly name: string; readonly version?: string | undefined }[] | undefined;
  /** MLflow ids of runs. */
  readonly runs?: readonly string[] | undefined;
  /** Names of experiments, each with all its runs. */
  readonly experiments?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
  /** Of what is selected (of everything when nothing is) only what this peer is not known to have. */
  readonly lacking?: number | undefined;
}

export interface SelectDeps {
  readonly local: Local;
  readonly rows: BundleRows;
  readonly state: Pick<SyncStore, "candidates" | "objects">;
}

const PAGE = 500;
const MOST_ABOVE = 64; // runs in runs
type Chosen = Readonly<Record<SyncKind, Set<string>>>;

function* uids({ rows }: SelectDeps, kind: SyncKind, parent: string | null): Generator<string> {
  for (let after = ""; ;) {
    const page = rows.page(kind, parent, after, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last;
  }
}

/** A run, its experiment, and the runs that it is in. */
const addRun = (deps: SelectDeps, chosen: Chosen, uid: string): void => {
  let at: string | undefined = uid;
  for (let depth = 0; at !== undefined && depth < MOST_ABOVE && !chosen.run.has(at); depth += 1) {
    const doc: LocalDoc | undefined = deps.local.read({ kind: "run", uid: at });
    if (!doc || doc.trashed || doc.parent === null) return;
    chosen.run.add(at);
    chosen.experiment.add(doc.parent);
    const above = fieldOf(doc.fields, "tag/mlflow.parentRunId");
    at = above === undefined ? undefined : deps.rows.runOf(above);
  }
};

/** A version with its model and the run that it came from. */
const addVersion = (deps: SelectDeps, chosen: Chosen, uid: string): void => {
  const doc = deps.local.read({ kind: "model_version", uid });
  if (!doc || doc.trashed || doc.parent === null) return;
  chosen.registered_model.add(doc.parent);
  chosen.model_version.add(uid);
  const run = fieldOf(doc.fields, "run");
  if (run !== undefined) addRun(deps, chosen, run);
};

const missing = (what: string): DomainError => new DomainError("not_found", `There is no ${what}: check its name`);

const addModel = async (
  deps: SelectDeps,
  chosen: Chosen,
  { name, version }: { readonly name: string; readonly version?: string | undefined },
  turn: Turn,
): Promise<void> => {
  const model = deps.local.findByName("registered_model", name, null);
  if (model === undefined) throw missing(`model '${name}'`);
  if (version === undefined) {
    chosen.registered_model.add(model);
    for (const uid of uids(deps, "model_version", model)) {
      await turn();
      addVersion(deps, chosen, uid);
    }
    return;
  }
  const bySemver = deps.local.findByName("model_version", version, model);
  const uid = bySemver ?? (/^\d{1,9}$/.test(version) ? deps.rows.versionOf(model, Number(version)) : undefined);
  if (uid === undefined) throw missing(`version '${version}' of model '${name}'`);
  addVersion(deps, chosen, uid);
};

const addExperiment = async (deps: SelectDeps, chosen: Chosen, name: string, turn: Turn): Promise<void> => {
  const uid = deps.local.findByName("experiment", name, null);
  if (uid === undefined) throw missing(`experiment '${name}'`);
  chosen.experiment.add(uid);
  for (const run of uids(deps, "run", uid)) {
    await turn();
    addRun(deps, chosen, run);
  }
};

/** What the peer lacks, by kind. */
const lackedBy = ({ state }: SelectDeps, peer: number): Chosen => {
  const lacked: Chosen = {
    experiment: new Set(),
    run: new Set(),
    registered_model: new Set(),
    model_version: new Set(),
  };
  for (let after: string | undefined; ;) {
    const { items, next } = state.candidates.page(peer, after, PAGE);
    for (const { kind, uid } of items) if (uid !== null) lacked[kind].add(uid);
    if (next === undefined) return lacked;
    after = next;
  }
};

/** Parents before children. @throws DomainError `not_found` for a name that is not here. */
export const select = async (deps: SelectDeps, selection: Selection, turn: Turn): Promise<readonly LocalRef[]> => {
  const chosen: Chosen = {
    experiment: new Set(),
    run: new Set(),
    registered_model: new Set(),
    model_version: new Set(),
  };
  const { models = [], runs = [], experiments = [], lacking } = selection;
  const named = models.length + runs.length + experiments.length > 0;
  for (const name of experiments) await addExperiment(deps, chosen, name, turn);
  for (const id of runs) {
    const uid = deps.rows.runOf(id);
    if (uid === undefined) throw missing(`run '${id}'`);
    addRun(deps, chosen, uid);
  }
  for (const model of models) await addModel(deps, chosen, model, turn);
  if (selection.all || (!named && lacking !== undefined))
    for (const kind of syncKinds) for (const uid of uids(deps, kind, null)) chosen[kind].add(uid);
  const lacked = lacking === undefined ? undefined : lackedBy(deps, lacking);
  return syncKinds.flatMap((kind) =>
    [...chosen[kind]].filter((uid) => !lacked || lacked[kind].has(uid)).map((uid) => ({ kind, uid })),
  );
};
