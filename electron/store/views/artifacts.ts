import type { ArtifactEntry } from "../../../shared/api/outpost/artifacts.ts";
import type { Database } from "../database.ts";

export type ArtifactViews = ReturnType<typeof createArtifactViews>;

interface Entry {
  readonly name: string;
  readonly is_dir: number;
  readonly size: number;
  readonly files: number;
  readonly modified_at: number;
  readonly sha256: string;
}

/** Artifact names and sizes as the tree shows them: one level, folders with the sums of what is below. */
export const createArtifactViews = (db: Database) => {
  const level = db.prepare<{ from: string; to: string }, Entry>(`
    SELECT CASE WHEN slash = 0 THEN rest ELSE substr(rest, 1, slash - 1) END AS name, slash > 0 AS is_dir,
      sum(size) AS size, count(*) AS files, max(modified_at) AS modified_at, max(sha256) AS sha256
    FROM (SELECT *, instr(rest, '/') AS slash FROM (
      SELECT substr(path, length(@from) + 1) AS rest, size, modified_at, sha256 FROM artifacts WHERE path >= @from AND path < @to))
    GROUP BY name, is_dir ORDER BY is_dir DESC, name`);
  const modelRoot = db
    .prepare<[string], string>(
      "SELECT coalesce(home, experiment) || '/models/' || model_id || '/artifacts' FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'",
    )
    .pluck();

  /** Entries right below `root`/`path`; paths are given back relative to `root`. */
  const list = (root: string, path: string): ArtifactEntry[] => {
    const prefix = path === "" ? "" : `${path}/`;
    const from = `${root}/${prefix}`;
    return level.all({ from, to: `${from.slice(0, -1)}0` }).map(({ name, is_dir, sha256, ...entry }) => ({
      ...entry,
      path: `${prefix}${name}`,
      is_dir: is_dir === 1,
      sha256: is_dir === 1 ? null : sha256,
    }));
  };

  /** Where a logged model keeps its files, below the artifact root. */
  const rootOfLoggedModel = (modelId: string): string | undefined => modelRoot.get(modelId);

  return { list, rootOfLoggedModel };
};
