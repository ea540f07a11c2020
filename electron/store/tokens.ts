/** Rows of `tokens`: what is kept of an access token is its name, its role and the digest of its secret. */
import type { Database } from "./database.ts";

export interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: "viewer" | "editor" | "approver" | "admin";
  readonly secret_digest: string; // sha256, lower-case hex
  readonly created_at: number; // ms since epoch
  readonly revoked_at: number | null;
}

export type TokenStore = ReturnType<typeof createTokenStore>;

const COLUMNS = "id, name, role, secret_digest, created_at, revoked_at";

export const createTokenStore = (db: Database) => {
  const insert = db
    .prepare<[string, string, string, number], number>(
      "INSERT INTO tokens (name, role, secret_digest, created_at) VALUES (?, ?, ?, ?) RETURNING id",
    )
    .pluck();
  const all = db.prepare<[], TokenRow>(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at, id`);
  const byName = db.prepare<[string], TokenRow>(`SELECT ${COLUMNS} FROM tokens WHERE name = ?`);
  const liveByDigest = db.prepare<[string], TokenRow>(
    `SELECT ${COLUMNS} FROM tokens WHERE secret_digest = ? AND revoked_at IS NULL`,
  );
  const setRevoked = db.prepare<[number, number]>("UPDATE tokens SET revoked_at = ? WHERE id = ?");

  return {
    /** Adds a token and returns its id. The name must be free. */
    add: ({ name, role, secret_digest, created_at }: Omit<TokenRow, "id" | "revoked_at">): number =>
      insert.get(name, role, secret_digest, created_at) ?? 0,
    list: (): TokenRow[] => all.all(),
    findByName: (name: string): TokenRow | undefined => byName.get(name),
    findLiveByDigest: (digest: string): TokenRow | undefined => liveByDigest.get(digest),
    revoke: (id: number, at: number): void => void setRevoked.run(at, id),
  };
};
