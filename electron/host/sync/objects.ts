/** Objects towards remotes: badges, lists by state, items of a plan, conflicts, as the page shows them. */
import type { ResponseOf, RequestOf } from "../../../shared/api/endpoint.ts";
import type {
  listPlanItems,
  listSyncObjects,
  syncBadges,
  SyncBadge,
  SyncConflict,
  SyncObject,
  SyncPlan,
  SyncPlanItem,
} from "../../../shared/api/outpost/sync.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { SyncKind } from "../../../shared/sync/doc.ts";
import { syncStates } from "../../../shared/sync/state.ts";
import type { PlanItem, PlanTotals } from "../../sync/plan-types.ts";
import type { SyncLabels } from "../../store/sync/labels.ts";
import type { ConflictRow, RemoteRow, SyncObjectRow } from "../../store/sync/rows.ts";
import { rankOf } from "../../store/sync/ranks.ts";
import type { PlanRow, SyncStore } from "../../store/sync/sync-store.ts";

export interface ObjectsDeps {
  readonly state: SyncStore;
  readonly labels: SyncLabels;
  readonly find: (remote: string) => RemoteRow;
  /** Also a workstation that bundles come from. */
  readonly findPeer: (remote: string) => RemoteRow;
  /** What number each way out of a version's clash would give it. */
  readonly numbersOf: (conflict: ConflictRow & { readonly remote_id: number }) => SyncConflict["numbers"];
}

type Badge = SyncBadge["badge"];

/** The one that needs a person most comes first. */
const URGENCY: readonly Badge[] = [
  "conflict",
  "blocked",
  "pushing",
  "behind",
  "ahead",
  "queued",
  "remote_only",
  "local",
  "in_sync",
  "none",
];
const PAGE = 50;
const MAX_PAGE = 500;
const MAX_BADGES = 200;

/** A plan's item is ours: what was written is what is read. */
const toItem = (raw: unknown): PlanItem => raw as PlanItem;

const needsAttention = (item: PlanItem): boolean => item.direction === "none" || item.losses.length > 0;

const TEXTS = new Set(["description", "name"]);
const choicesFor = (field: string): string[] => {
  if (field === "semver") return ["next_patch", "pre_release", "skip"];
  if (field.startsWith("param/")) return ["local", "skip"];
  return ["local", "remote", ...(TEXTS.has(field) || field.startsWith("tag/") ? ["merged"] : []), "skip"];
};

export type Objects = ReturnType<typeof createObjects>;

export const createObjects = ({ state, labels, find, findPeer, numbersOf }: ObjectsDeps) => {
  const hrefOf = (kind: SyncKind, uid: string): string | null => {
    const page = labels.find(kind, uid)?.page;
    return page === undefined ? null : `#/${page}`;
  };
  const labelOf = (kind: SyncKind, uid: string): string => labels.find(kind, uid)?.label ?? uid.slice(0, 8);
  const webUrlOf = (remote: number, kind: SyncKind, remoteId: string | null): string | null =>
    remoteId === null ? null : (state.seen.find(remote, kind, remoteId)?.web_url ?? null);

  /** What is kept back by a conflict that a person can settle is shown as one: two versions of one number. */
  const shownState = (row: SyncObjectRow, remote: RemoteRow): SyncObjectRow["state"] =>
    row.state === "blocked" && state.conflicts.ofObject(remote.id, row).some(({ resolved_at }) => resolved_at === null)
      ? "conflict"
      : row.state;

  const badgeOf = (row: SyncObjectRow, remote: RemoteRow): Badge => {
    switch (row.state) {
      case "done":
        if (row.remote_id !== null && state.seen.find(remote.id, row.kind, row.remote_id)?.fresh === true)
          return "behind";
        return labels.rev(row.kind, row.uid) > row.settled_rev ? "ahead" : "in_sync";
      case "inflight":
      case "uncertain":
        return "pushing";
      case "local":
      case "queued":
      case "conflict":
      case "remote_only":
        return row.state;
      default:
        return shownState(row, remote) === "conflict" ? "conflict" : "blocked";
    }
  };

  /** Files of an object that lie on a remote only. */
  const missing = (
    remote: RemoteRow,
    kind: SyncKind,
    uid: string,
  ): { files_missing: number; bytes_missing: number } => {
    const files = kind === "run" || kind === "model_version" ? state.files.of(remote.id, { kind, uid }) : [];
    return { files_missing: files.length, bytes_missing: files.reduce((sum, { size }) => sum + size, 0) };
  };

  /** What is in it counts too: an experiment with runs that changed here is ahead. */
  const withInside = (one: SyncBadge, inside: number): SyncBadge => {
    const ahead = inside + (one.badge === "ahead" ? 1 : 0);
    return one.badge === "in_sync" && inside > 0 ? { ...one, badge: "ahead", ahead } : { ...one, ahead };
  };

  type Inside = ReadonlyMap<string, ReadonlyMap<string, number> | undefined>; // by remote

  const badge = (kind: SyncKind, id: string, remotes: readonly RemoteRow[], inside: Inside): SyncBadge => {
    const none: SyncBadge = {
      id,
      badge: "none",
      remote: null,
      reason: null,
      ahead: 0,
      files_missing: 0,
      bytes_missing: 0,
    };
    const uid = labels.uidOf(kind, id);
    if (uid === undefined || remotes.length === 0) return none;
    const rows = state.objects.ofObject({ kind, uid });
    const all = remotes.flatMap((remote): SyncBadge[] => {
      const row = rows.find((one) => one.remote === remote.name);
      const lack = row ? missing(remote, kind, uid) : undefined;
      if (row) {
        const own = { ...none, ...lack, badge: badgeOf(row, remote), remote: remote.name, reason: row.reason };
        return [withInside(own, inside.get(remote.name)?.get(uid) ?? 0)];
      }
      // Nothing waits for a workstation that is reached by hand: only what was carried speaks of it.
      return remote.kind === "bundle" ? [] : [{ ...none, badge: "local", remote: remote.name }];
    });
    const [first] = all.sort((a, b) => URGENCY.indexOf(a.badge) - URGENCY.indexOf(b.badge));
    return first ?? none;
  };

  const toObject = (remote: RemoteRow, row: SyncObjectRow): SyncObject => ({
    remote: remote.name,
    kind: row.kind,
    uid: row.uid,
    label: labelOf(row.kind, row.uid),
    href: hrefOf(row.kind, row.uid),
    web_url: webUrlOf(remote.id, row.kind, row.remote_id),
    state: shownState(row, remote),
    reason: row.reason,
    pinned: row.pinned,
    files_missing: state.files.of(remote.id, row).length,
  });

  const planOf = (hash: string): PlanRow => {
    const plan = state.plans.find(hash);
    if (plan) return plan;
    throw new DomainError(
      "not_found",
      `No plan '${hash.slice(0, 64)}': only the newest plans are kept, make a new one`,
    );
  };

  return {
    badges: ({ kind, ids }: RequestOf<typeof syncBadges>): ResponseOf<typeof syncBadges> => {
      if (ids.length > MAX_BADGES)
        throw new DomainError("invalid", `Invalid value for 'ids': at most ${MAX_BADGES} at once`);
      const remotes = state.remotes.list();
      const holds = kind === "experiment" || kind === "registered_model" ? kind : undefined;
      const servers = remotes.filter((one) => one.kind !== "bundle");
      const inside: Inside = new Map(servers.map(({ id, name }) => [name, holds && state.aheadInside(id, holds)]));
      return { badges: ids.map((id) => badge(kind, id, remotes, inside)) };
    },

    list: (asked: RequestOf<typeof listSyncObjects>): ResponseOf<typeof listSyncObjects> => {
      const remote = find(asked.remote);
      const wanted = syncStates.find((one) => one === asked.state);
      if (!wanted)
        throw new DomainError("invalid", `Invalid value '${asked.state}' for 'state': use ${syncStates.join(", ")}`);
      const limit = Math.min(Math.max(asked.max_results ?? PAGE, 1), MAX_PAGE);
      const rows = state.objects.byState(remote.id, wanted, asked.page_token ?? "", limit);
      const last = rows.at(-1);
      const objects = rows.map((row) => toObject(remote, row));
      return last === undefined || rows.length < limit
        ? { objects }
        : { objects, next_page_token: `${rankOf(last.kind)}/${last.uid}` };
    },

    plan: (hash: string): SyncPlan => {
      const { remote, directions, made_at, first_contact, state: planState, totals } = planOf(hash);
      const name = state.remotes.list().find((one) => one.id === remote)?.name ?? "";
      return {
        hash,
        remote: name,
        what: directions,
        made_at,
        first_contact,
        state: planState,
        totals: totals as PlanTotals,
      };
    },

    /** Walks on until the page is full: most items of a plan need no attention. */
    planItems: (asked: RequestOf<typeof listPlanItems>): ResponseOf<typeof listPlanItems> => {
      const plan = planOf(asked.hash);
      const limit = Math.min(Math.max(asked.max_results ?? PAGE, 1), MAX_PAGE);
      const show = asked.show ?? "all";
      const items: SyncPlanItem[] = [];
      for (let after = asked.after ?? -1; ;) {
        const rows = state.plans.items(plan.id, after, MAX_PAGE);
        for (const { seq, item: raw, outcome, detail } of rows) {
          after = seq;
          const item = toItem(raw);
          const fits = show === "all" || (show === "attention" ? needsAttention(item) : item.direction === show);
          if (!fits) continue;
          items.push({
            seq,
            direction: item.direction,
            action: item.action,
            kind: item.kind,
            label: item.label,
            href: item.uid === null ? null : hrefOf(item.kind, item.uid),
            counts: item.counts,
            reason: item.reason,
            reversible: item.reversible,
            losses: [...item.losses],
            outcome,
            detail,
          });
          if (items.length === limit) return { items, next: after };
        }
        if (rows.length < MAX_PAGE) return { items, next: null };
      }
    },

    conflicts: (remote: string | undefined): SyncConflict[] =>
      state.conflicts.open(remote === undefined ? undefined : findPeer(remote).id).map((row) => {
        const far = findPeer(row.remote);
        const { remote_id = null } = state.objects.find(far.id, row) ?? {};
        return {
          id: row.id,
          remote: row.remote,
          kind: row.kind,
          uid: row.uid,
          label: labelOf(row.kind, row.uid),
          href: hrefOf(row.kind, row.uid),
          web_url: webUrlOf(far.id, row.kind, remote_id),
          field: row.field,
          base: row.base,
          local: row.local,
          remote_value: row.remote_value,
          found_at: row.found_at,
          choices: choicesFor(row.field),
          numbers: numbersOf({ ...row, remote_id: far.id }),
        };
      }),
  };
};
