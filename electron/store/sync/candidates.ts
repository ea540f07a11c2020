/**
 * What has to be compared: what is ahead here and what is fresh there, each by its index, so that nothing that is settled
 * is looked at. A page goes through the kinds in order; within one, first what is here, then what is only there.
 */
import { DomainError } from "../../../shared/errors.ts";
import { syncKinds, type SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";
import { rankOf, TABLES } from "./ranks.ts";
import type { Candidate, Resting } from "./rows.ts";
import type { CandidateStore } from "./sync-store.ts";

interface Found {
  readonly key: string; // where the page stands
  readonly uid: string | null;
  readonly remote_id: string | null;
  readonly since: number | null;
  readonly made: number | null;
}

/** When a thing began, ms. */
const SINCE: Readonly<Record<SyncKind, string>> = {
  experiment: "creation_time",
  run: "start_time",
  registered_model: "creation_timestamp",
  model_version: "creation_timestamp",
};

/**
 * The experiment that every store begins with is nobody's work: it goes nowhere before it holds a run, a tag or another
 * name; where one of its name is there already, they are one.
 */
const begunSql = (kind: SyncKind): string =>
  kind !== "experiment"
    ? ""
    : `
  AND (o.remote_id IS NOT NULL OR t.id <> 0 OR t.name <> 'Default'
    OR EXISTS (SELECT 1 FROM runs AS r WHERE r.experiment = t.id AND r.trashed_at IS NULL)
    OR EXISTS (SELECT 1 FROM experiment_tags AS g WHERE g.experiment = t.id)
    OR EXISTS (SELECT 1 FROM sync_seen AS s WHERE s.remote = a.remote AND s.kind = 'experiment' AND s.parent IS NULL AND s.name = t.name AND s.missed = 0))`;

/** An object that was never bound there is no candidate once it is in the trash or gone. */
const ofAhead = (kind: SyncKind): string => `FROM sync_ahead AS a
  LEFT JOIN sync_objects AS o ON o.remote = a.remote AND o.kind = '${kind}' AND o.uid = a.uid
  LEFT JOIN ${TABLES[kind]} AS t ON t.uid = a.uid
  WHERE a.remote = ? AND a.rank = ${rankOf(kind)}
    AND (o.remote_id IS NOT NULL OR (t.uid IS NOT NULL AND t.trashed_at IS NULL${begunSql(kind)}))`;

export const aheadSql = (kind: SyncKind): string => `
  SELECT a.uid AS key, a.uid, o.remote_id, t.${SINCE[kind]} AS since, t.id AS made ${ofAhead(kind)}
    AND a.uid > ? ORDER BY a.uid LIMIT ?`;

export const freshSql = (kind: SyncKind): string => `
  SELECT s.id AS key, coalesce(s.uid, o.uid) AS uid, s.id AS remote_id, NULL AS since, NULL AS made FROM sync_seen AS s
  LEFT JOIN sync_objects AS o ON o.remote = s.remote AND o.kind = s.kind AND o.remote_id = s.id
  WHERE s.remote = ? AND s.fresh = 1 AND s.rank = ${rankOf(kind)} AND s.id > ?
    AND NOT EXISTS (SELECT 1 FROM sync_ahead AS a WHERE a.remote = s.remote AND a.rank = s.rank AND a.uid = o.uid)
  ORDER BY s.id LIMIT ?`;

const COUNTED = `o.state IS NULL OR o.state NOT IN ('excluded', 'remote_gone')`;

/** What is in the trash here stays there: nothing of it is ahead until its removal there is agreed to. */
const aheadCountSql = (kind: SyncKind): string => `
  SELECT count(*) FROM sync_ahead AS a
  LEFT JOIN sync_objects AS o ON o.remote = a.remote AND o.kind = '${kind}' AND o.uid = a.uid
  LEFT JOIN ${TABLES[kind]} AS t ON t.uid = a.uid
  WHERE a.remote = ? AND a.rank = ${rankOf(kind)} AND (${COUNTED})
    AND ((t.uid IS NOT NULL AND t.trashed_at IS NULL${begunSql(kind)})
      OR EXISTS (SELECT 1 FROM sync_consents AS c WHERE c.remote = a.remote AND c.kind = '${kind}' AND c.uid = a.uid))`;

export const restingSql = (kind: SyncKind): string => `
  SELECT o.kind, o.uid, o.remote_id, o.reason, o.next_at FROM sync_ahead AS a
  CROSS JOIN sync_objects AS o ON o.remote = a.remote AND o.kind = '${kind}' AND o.uid = a.uid
  WHERE a.remote = ? AND a.rank = ${rankOf(kind)} AND o.next_at > ? AND o.next_at <= ? AND (${COUNTED})
    AND EXISTS (SELECT 1 FROM ${TABLES[kind]} AS t WHERE t.uid = a.uid AND t.trashed_at IS NULL)
  ORDER BY a.uid LIMIT ?`;

/** `<phase>/<key>` */
const parseAfter = (after: string | undefined): { phase: number; key: string } => {
  if (after === undefined) return { phase: 0, key: "" };
  const slash = after.indexOf("/");
  const phase = Number(after.slice(0, slash));
  if (slash < 0 || !Number.isInteger(phase))
    throw new DomainError("invalid", `'${after}' is no place in the candidates`);
  return { phase, key: after.slice(slash + 1) };
};

export const createCandidateStore = (db: Database): CandidateStore => {
  const phases = syncKinds.flatMap((kind) =>
    [aheadSql(kind), freshSql(kind)].map((sql) => ({
      kind,
      statement: db.prepare<[number, string, number], Found>(sql),
    })),
  );
  const ahead = syncKinds.map((kind) => db.prepare<[number], number>(aheadCountSql(kind)).pluck());
  const resting = syncKinds.map((kind) => db.prepare<[number, number, number, number], Resting>(restingSql(kind)));
  const behind = db.prepare<[number], number>("SELECT count(*) FROM sync_seen WHERE remote = ? AND fresh = 1").pluck();

  return {
    page: (remote, after, limit) => {
      const start = parseAfter(after);
      const items: Candidate[] = [];
      for (let { phase, key } = start; phase < phases.length; phase++, key = "") {
        const { kind, statement } = phases[phase] ?? {};
        if (!kind || !statement) break;
        const found = statement.all(remote, key, limit - items.length);
        for (const { key: _key, ...candidate } of found) items.push({ kind, ...candidate });
        if (items.length >= limit) return { items, next: `${phase}/${found.at(-1)?.key ?? key}` };
      }
      return { items, next: undefined };
    },
    counts: (remote) => ({
      ahead: ahead.reduce((sum, statement) => sum + (statement.get(remote) ?? 0), 0),
      behind: behind.get(remote) ?? 0,
    }),
    resting: (remote, from, to, limit) => {
      const found: Resting[] = [];
      for (const statement of resting) found.push(...statement.all(remote, from, to, limit - found.length));
      return found;
    },
  };
};
