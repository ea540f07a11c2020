/** Tags, aliases and descriptions that were removed or replaced: their old values, kept by the act that took them away. */
import type { Database } from "./database.ts";
import type { KeyStore } from "./keys.ts";

export const removalKinds = ["tags", "aliases", "texts"] as const;
export type RemovalKind = (typeof removalKinds)[number];

export type OwnerKind = "experiment" | "run" | "logged_model" | "registered_model" | "model_version";

export interface RemovalRow {
  readonly id: number;
  readonly uid: string;
  readonly kind: RemovalKind;
  readonly owner_kind: OwnerKind;
  readonly name: string; // the tag's key, the alias
  readonly parts: number;
  readonly part_of: string | null; // trash id of the thing it went with
  readonly trashed_at: number; // ms since epoch
  readonly actor: string;
}

export type NewRemoval = Omit<RemovalRow, "id" | "uid" | "parts">;

export interface RemovedValue {
  readonly owner: number; // id of its row
  readonly value: string; // of an alias the version's number
  readonly replaced_by: string | null;
}

/** What a value hung on, as it is now. */
export interface OwnerNow {
  readonly uid: string;
  readonly label: string; // what a person calls it
  readonly semver: string | null; // of a model version
  readonly first: string | null; // trash id of what has to come back before it
  readonly current: string | null; // what is in the value's place
}

/** The version that an alias pointed to. */
export interface TargetNow {
  readonly semver: string;
  readonly first: string | null; // its trash id, when it is in the trash
}

/** An owner's row as `t`, with what it is part of; `:owner` is its id. */
const OWNERS: Readonly<Record<OwnerKind, { readonly columns: string; readonly from: string }>> = {
  experiment: {
    columns: `t.uid, t.name AS label, NULL AS semver, CASE WHEN t.trashed_at IS NOT NULL THEN 'experiment:' || t.uid END AS first`,
    from: "experiments AS t WHERE t.id = :owner",
  },
  run: {
    columns: `t.uid, t.name AS label, NULL AS semver, CASE WHEN e.trashed_at IS NOT NULL THEN 'experiment:' || e.uid
      WHEN t.trashed_at IS NOT NULL THEN 'run:' || t.uid END AS first`,
    from: "runs AS t JOIN experiments AS e ON e.id = t.experiment WHERE t.id = :owner",
  },
  logged_model: {
    columns: `t.uid, t.name AS label, NULL AS semver, CASE WHEN e.trashed_at IS NOT NULL THEN 'experiment:' || e.uid
      WHEN t.trashed_at IS NOT NULL THEN 'logged_model:' || t.uid END AS first`,
    from: "logged_models AS t JOIN experiments AS e ON e.id = t.experiment WHERE t.id = :owner",
  },
  registered_model: {
    columns: `t.uid, t.name AS label, NULL AS semver,
      CASE WHEN t.trashed_at IS NOT NULL THEN 'registered_model:' || t.uid END AS first`,
    from: "registered_models AS t WHERE t.id = :owner",
  },
  model_version: {
    columns: `t.uid, m.name || ' ' || t.semver AS label, t.semver,
      CASE WHEN m.trashed_at IS NOT NULL THEN 'registered_model:' || m.uid
        WHEN t.trashed_at IS NOT NULL THEN 'model_version:' || t.uid END AS first`,
    from: "model_versions AS t JOIN registered_models AS m ON m.id = t.model WHERE t.id = :owner",
  },
};

/** What an owner is called, for lists: `owner` is an SQL expression of its id. */
export const ownerName = (owner: string): string => `CASE t.owner_kind
    WHEN 'experiment' THEN (SELECT name FROM experiments WHERE id = ${owner})
    WHEN 'run' THEN (SELECT CASE WHEN t.parts > 1 THEN e.name ELSE r.name END
      FROM runs AS r JOIN experiments AS e ON e.id = r.experiment WHERE r.id = ${owner})
    WHEN 'logged_model' THEN (SELECT name FROM logged_models WHERE id = ${owner})
    WHEN 'registered_model' THEN (SELECT name FROM registered_models WHERE id = ${owner})
    ELSE (SELECT m.name || ' ' || v.semver FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model
      WHERE v.id = ${owner}) END`;

/** The value in a tag's place; a run's keys are numbers of a dictionary. */
const TAG_NOW: Readonly<Record<OwnerKind, string>> = {
  experiment: "SELECT value FROM experiment_tags WHERE experiment = t.id AND key = :name",
  run: "SELECT value FROM run_tags WHERE run = t.id AND key = (SELECT id FROM keys WHERE name = :name)",
  logged_model: "SELECT value FROM logged_model_tags WHERE model = t.id AND key = :name",
  registered_model: "SELECT value FROM registered_model_tags WHERE model = t.id AND key = :name",
  model_version: "SELECT value FROM model_version_tags WHERE version = t.id AND key = :name",
};
const ALIAS_NOW = `SELECT CAST(v.version AS TEXT) FROM aliases AS a JOIN model_versions AS v ON v.id = a.version
  WHERE a.model = t.id AND a.alias = :name`;

const COLUMNS = "id, uid, kind, owner_kind, name, parts, part_of, trashed_at, actor";

export type RemovalStore = ReturnType<typeof createRemovalStore>;

export const createRemovalStore = (db: Database, keys: Pick<KeyStore, "idOf">) => ({
  ...createActs(db),
  ...createOwners(db),
  put: createPuts(db, keys),
});

const createActs = (db: Database) => {
  const insert = db.prepare<NewRemoval, RemovalRow>(
    `INSERT INTO removals (kind, owner_kind, name, part_of, trashed_at, actor)
     VALUES (@kind, @owner_kind, @name, @part_of, @trashed_at, @actor) RETURNING ${COLUMNS}`,
  );
  const byUid = db.prepare<[string], RemovalRow>(`SELECT ${COLUMNS} FROM removals WHERE uid = ?`);
  const partsOf = db.prepare<[string], RemovalRow>(`SELECT ${COLUMNS} FROM removals WHERE part_of = ? ORDER BY name`);
  const add = db.prepare<RemovedValue & { removal: number }>(
    "INSERT INTO removed_values (removal, owner, value, replaced_by) VALUES (@removal, @owner, @value, @replaced_by)",
  );
  const count = db.prepare<[number]>("UPDATE removals SET parts = parts + 1 WHERE id = ?");
  const values = db.prepare<[number, number], RemovedValue>(
    "SELECT owner, value, replaced_by FROM removed_values WHERE removal = ? ORDER BY owner LIMIT ?",
  );
  const dropUpTo = db.prepare<[number, number]>("DELETE FROM removed_values WHERE removal = ? AND owner <= ?");
  const recount = db.prepare<{ id: number }>(
    "UPDATE removals SET parts = (SELECT count(*) FROM removed_values WHERE removal = :id) WHERE id = :id",
  );
  const drop = db.prepare<[number]>("DELETE FROM removals WHERE id = ?");
  const standAlone = db.prepare<[number]>("UPDATE removals SET part_of = NULL WHERE id = ?");

  return {
    insert: (row: NewRemoval): RemovalRow => {
      const made = insert.get(row);
      if (!made) throw new Error("INSERT … RETURNING returned nothing");
      return made;
    },
    byUid: (uid: string): RemovalRow | undefined => byUid.get(uid),
    /** What went to the trash with another thing, by that one's trash id. */
    withWhole: (trashId: string): RemovalRow[] => partsOf.all(trashId),
    addValue: (removal: number, value: RemovedValue): void => {
      add.run({ removal, ...value });
      count.run(removal);
    },
    /** By the number of their owners. */
    values: (removal: number, limit = -1): RemovedValue[] => values.all(removal, limit),
    /** Forgets the values up to that of an owner. */
    dropUpTo: (removal: number, owner: number): void => {
      dropUpTo.run(removal, owner);
      recount.run({ id: removal });
    },
    /** Forgets an act with its values. */
    drop: (removal: number): void => void drop.run(removal),
    /** From now on it is an entry of its own. */
    standAlone: (removal: number): void => void standAlone.run(removal),
  };
};

const createOwners = (db: Database) => {
  type Asked = { owner: number; name: string };
  const prepare = (kind: OwnerKind, current: string) =>
    db.prepare<Asked, OwnerNow>(`SELECT ${OWNERS[kind].columns}, (${current}) AS current FROM ${OWNERS[kind].from}`);
  const text = "SELECT t.description WHERE :name IS NOT NULL";
  const statements = {
    tags: {
      experiment: prepare("experiment", TAG_NOW.experiment),
      run: prepare("run", TAG_NOW.run),
      logged_model: prepare("logged_model", TAG_NOW.logged_model),
      registered_model: prepare("registered_model", TAG_NOW.registered_model),
      model_version: prepare("model_version", TAG_NOW.model_version),
    },
    aliases: prepare("registered_model", ALIAS_NOW),
    texts: {
      registered_model: prepare("registered_model", text),
      model_version: prepare("model_version", text),
    },
  };
  const target = db.prepare<[number, number], TargetNow>(
    `SELECT semver, CASE WHEN trashed_at IS NOT NULL THEN 'model_version:' || uid END AS first
     FROM model_versions WHERE model = ? AND version = ?`,
  );
  const statementOf = ({ kind, owner_kind }: Pick<RemovalRow, "kind" | "owner_kind">) => {
    if (kind === "tags") return statements.tags[owner_kind];
    if (kind === "aliases") return statements.aliases;
    return statements.texts[owner_kind === "model_version" ? "model_version" : "registered_model"];
  };

  return {
    /** What a value hung on, and what is in its place; undefined when that is gone for good. */
    now: (act: Pick<RemovalRow, "kind" | "owner_kind" | "name">, owner: number): OwnerNow | undefined =>
      statementOf(act).get({ owner, name: act.name }),
    /** The version that an alias of a model pointed to. */
    target: (model: number, version: number): TargetNow | undefined => target.get(model, version),
  };
};

const createPuts = (db: Database, keys: Pick<KeyStore, "idOf">) => {
  const tag = (table: string, column: string) =>
    db.prepare<[number, string, string]>(
      `INSERT INTO ${table} (${column}, key, value) VALUES (?, ?, ?)
       ON CONFLICT (${column}, key) DO UPDATE SET value = excluded.value`,
    );
  const tags = {
    experiment: tag("experiment_tags", "experiment"),
    logged_model: tag("logged_model_tags", "model"),
    registered_model: tag("registered_model_tags", "model"),
    model_version: tag("model_version_tags", "version"),
  };
  const runTag = db.prepare<[number, string, number]>(
    `INSERT INTO run_tags (run, key, experiment, value) SELECT id, ?, experiment, ? FROM runs WHERE id = ?
     ON CONFLICT (run, key) DO UPDATE SET value = excluded.value`,
  );
  const alias = db.prepare<{ owner: number; name: string; version: number }>(
    `INSERT INTO aliases (model, alias, version)
     SELECT model, :name, id FROM model_versions WHERE model = :owner AND version = :version
     ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version`,
  );
  const texts = {
    registered_model: db.prepare<[string, number]>("UPDATE registered_models SET description = ? WHERE id = ?"),
    model_version: db.prepare<[string, number]>("UPDATE model_versions SET description = ? WHERE id = ?"),
  };

  /** Puts an old value back in its place. */
  return ({ kind, owner_kind, name }: RemovalRow, owner: number, value: string): void => {
    if (kind === "aliases") alias.run({ owner, name, version: Number(value) });
    else if (kind === "texts")
      texts[owner_kind === "model_version" ? "model_version" : "registered_model"].run(value, owner);
    else if (owner_kind === "run") runTag.run(keys.idOf(name), value, owner);
    else tags[owner_kind].run(owner, name, value);
  };
};
