/** Syncing as the routes and the command line are given it: remotes, plans, jobs, conflicts, history, ledger. */
import type { SyncFacade } from "../../api/outpost/sync.ts";
import type { Caller } from "../../api/route.ts";
import { DomainError } from "../../../shared/errors.ts";
import { syncKinds } from "../../../shared/sync/doc.ts";
import type { Job, Jobs } from "../../domain/jobs/jobs.ts";
import type { Probe } from "../../remote/remote.ts";
import type { SyncLabels } from "../../store/sync/labels.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import { SYNC_JOB } from "./jobs.ts";
import type { Objects } from "./objects.ts";
import type { Remotes } from "./remotes.ts";
import type { RemoteTokens } from "./tokens.ts";
import { toRun } from "./words.ts";
import type { Local } from "../../sync/local.ts";

export interface FacadeDeps {
  readonly state: SyncStore;
  readonly labels: SyncLabels;
  readonly remotes: Remotes;
  readonly objects: Objects;
  readonly tokens: RemoteTokens;
  readonly jobs: Jobs;
  readonly local: Pick<Local, "read">;
  readonly write: <T>(caller: Caller, job: () => T) => Promise<T>;
  readonly now: () => number;
  /** Looks at the remote once, and keeps what it found. @throws DomainError with the way out. */
  readonly test: (row: RemoteRow) => Promise<Probe>;
  /** Lets go of an engine whose remote was changed. */
  readonly drop: (remote: number) => void;
  readonly settle: (id: number, take: string, value: string | undefined, caller: Caller) => Promise<void>;
  /** A sync of this remote is worth trying now. */
  readonly nudge: (remote: string) => void;
}

const PAGE = 50;
const MOST_REMOVALS = 500;
const MAX_PAGE = 500;
const bound = (wanted: number | undefined): number => Math.min(Math.max(wanted ?? PAGE, 1), MAX_PAGE);

/** Remotes and bundles are for people who are known: an unproven local user may log and read. */
export const assertKnown = ({ actor }: Caller, what = "Remotes"): void => {
  if (actor === "local user, unproven")
    throw new DomainError("denied", `${what} are for the app's own window, or for a request with a token`);
};

export const createFacade = (deps: FacadeDeps): SyncFacade => {
  const { state, remotes, objects, tokens, jobs, write, now } = deps;
  const infoOf = (row: RemoteRow) => ({ remote: remotes.toInfo(row) });

  const start = async (input: Record<string, unknown>, caller: Caller): Promise<Job> =>
    jobs.start(SYNC_JOB, { ...input, actor: caller.actor }, caller);

  /** One that rests is not synced until a person says so by name. */
  const startable = (name: string): RemoteRow => {
    const row = remotes.find(name);
    if (row.paused) throw new DomainError("conflict", `The remote '${name}' is paused: resume it first`);
    return row;
  };

  return {
    listRemotes: () => ({ remotes: remotes.list() }),
    addRemote: async (input, caller) => {
      assertKnown(caller);
      const row = await write(caller, () => remotes.add(input));
      return infoOf(row);
    },
    updateRemote: async (input, caller) => {
      assertKnown(caller);
      const row = await write(caller, () => remotes.update(input));
      deps.drop(row.id);
      return infoOf(row);
    },
    removeRemote: async ({ name }, caller) => {
      assertKnown(caller);
      const { id } = remotes.find(name);
      await write(caller, () => remotes.remove(name));
      deps.drop(id);
      return {};
    },
    testRemote: async ({ name }, caller) => {
      const row = remotes.find(name);
      const probe = await deps.test(row);
      await write(caller, () =>
        state.remotes.update(row.id, { probe, title: probe.title, state: "ok", problem: null, checked_at: now() }),
      );
      return infoOf(remotes.find(name));
    },
    pauseRemote: async ({ name }, caller) => infoOf(await write(caller, () => remotes.setPaused(name, true))),
    resumeRemote: async ({ name }, caller) => {
      const row = await write(caller, () => remotes.setPaused(name, false));
      deps.nudge(name);
      return infoOf(row);
    },
    giveToken: ({ name, token }, caller) => {
      assertKnown(caller);
      tokens.give(remotes.find(name).name, token);
      deps.nudge(name);
      return {};
    },
    forgetToken: ({ name }, caller) => {
      assertKnown(caller);
      const row = remotes.find(name);
      tokens.forget(name);
      deps.drop(row.id);
      return infoOf(row);
    },

    makePlan: ({ remote, what = "both", full }, caller) => {
      startable(remote);
      return start({ remote, what, apply: "plan", ...(full !== undefined && { full }) }, caller);
    },
    getPlan: ({ hash }) => objects.plan(hash),
    listPlanItems: (asked) => objects.planItems(asked),
    startSync: ({ remote, what = "both", hash, accept = false, full }, caller) => {
      const row = startable(remote);
      if (accept) assertKnown(caller);
      const rest = { remote, what, ...(full !== undefined && { full }) };
      if (hash !== undefined) return start({ ...rest, apply: "hash", hash }, caller);
      if (accept && row.accepted_at === null)
        return write(caller, () => state.remotes.update(row.id, { accepted_at: now() })).then(() =>
          start({ ...rest, apply: "accepted" }, caller),
        );
      return start({ ...rest, apply: "accepted" }, caller);
    },

    listSyncObjects: (asked) => objects.list(asked),
    syncBadges: (asked) => objects.badges(asked),
    listConflicts: ({ remote }) => ({ conflicts: objects.conflicts(remote) }),
    resolveConflict: async ({ id, take, value }, caller) => {
      await deps.settle(id, take, value, caller);
      return {};
    },
    listSyncRuns: ({ remote, before, max_results }) => {
      const limit = bound(max_results);
      const id = remote === undefined ? undefined : remotes.findPeer(remote).id;
      const runs = state.runs.list(id, limit, before).map(toRun);
      return { runs, next: runs.length < limit ? null : (runs.at(-1)?.id ?? null) };
    },

    wantFiles: async ({ kind, id, wanted }, caller) => {
      const uid = deps.labels.uidOf(kind, id);
      if (uid === undefined) throw new DomainError("not_found", `No ${kind === "run" ? "run" : "version"} '${id}'`);
      const ref = { kind, uid };
      // a workstation that is reached by hand has nothing to fetch from
      const far = state.objects.ofObject(ref).filter(({ remote }) => remotes.findPeer(remote).kind !== "bundle");
      const ids = far.map(({ remote }) => remotes.find(remote).id);
      await write(caller, () => {
        for (const remote of ids) {
          state.objects.pin(remote, ref, wanted);
          state.files.want(remote, ref, wanted);
        }
      });
      if (wanted) for (const { remote } of far) deps.nudge(remote);
      const missing = ids.flatMap((remote) => [...state.files.of(remote, ref)]);
      return { files: missing.length, bytes: missing.reduce((sum, { size }) => sum + size, 0) };
    },

    consentRemoval: async ({ remote, kind, uid, name }, caller) => {
      assertKnown(caller);
      const row = remotes.find(remote);
      const known = syncKinds.find((one) => one === kind);
      const label = known && deps.labels.find(known, uid)?.label;
      const object = known && state.objects.find(row.id, { kind: known, uid });
      if (!known || label === undefined || object?.remote_id == null)
        throw new DomainError("not_found", `Nothing of that kind is known on '${remote}' as ${uid.slice(0, 32)}`);
      if (label !== name)
        throw new DomainError("invalid", `Invalid value '${name.slice(0, 100)}' for 'name': type '${label}' to agree`);
      const { remote_id } = object;
      await write(caller, () => state.consents.give(row.id, { kind: known, uid }, remote_id, caller.actor, now()));
      return {};
    },

    listRemovals: ({ remote }) => {
      const rows = state.removals(remotes.find(remote).id, MOST_REMOVALS + 1);
      const removals = rows.slice(0, MOST_REMOVALS).map(({ kind, uid, agreed }) => {
        const files = deps.local.read({ kind, uid })?.files ?? [];
        const bytes = files.reduce((sum, { size }) => sum + size, 0);
        const label = deps.labels.find(kind, uid)?.label ?? "";
        return { kind, uid, label, files: files.length, bytes, agreed: agreed === 1 };
      });
      return { removals, more: rows.length > MOST_REMOVALS };
    },
    withdrawRemoval: async ({ remote, kind, uid }, caller) => {
      assertKnown(caller);
      const { id } = remotes.find(remote);
      const known = syncKinds.find((one) => one === kind);
      if (known) await write(caller, () => state.consents.drop(id, { kind: known, uid }));
      return {};
    },

    listNetworkCalls: ({ remote, before, max_results }) => {
      const limit = bound(max_results);
      const calls = state.network.list(limit, before, remote).map((call) => ({ ...call }));
      return { calls, next: calls.length < limit ? null : (calls.at(-1)?.id ?? null) };
    },
  };
};
