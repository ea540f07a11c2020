/**
 * Access tokens: 256 random bits, shown once, kept as a digest. Their names stay taken after they are revoked, so that
 * a name in the audit always means the same token.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { TokenRow, TokenStore } from "../../store/tokens.ts";

export const roles = ["viewer", "editor", "approver", "admin"] as const;
export type Role = (typeof roles)[number];

/** A token without its secret. */
export interface TokenInfo {
  readonly name: string;
  readonly role: Role;
  readonly created_at: number; // ms since epoch
  readonly revoked_at: number | null;
}

export interface AccessDeps {
  readonly tokens: TokenStore;
  readonly journal: Pick<Journal, "record">;
  readonly now: () => number;
}

/** Lets a log's redaction and a scanner of repositories know a token when they see one. */
const TOKEN_PREFIX = "outpost_";

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,99}$/u;

const digestOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();
const infoOf = ({ name, role, created_at, revoked_at }: TokenRow): TokenInfo => ({
  name,
  role,
  created_at,
  revoked_at,
});
const isRole = (role: string): role is Role => roles.some((known) => known === role);

export type Access = ReturnType<typeof createAccess>;

export const createAccess = ({ tokens, journal, now }: AccessDeps) => {
  /**
   * Makes a token; its secret is in the answer and nowhere else. Runs inside a write.
   * @throws DomainError `invalid` for a bad name or role, `already_exists` for a name that is or was taken.
   */
  const create = (name: string, role: string): TokenInfo & { readonly secret: string } => {
    if (!NAME.test(name))
      throw new DomainError(
        "invalid",
        "A token's name has 1 to 100 letters, digits, blanks, '.', '_', '-' or '@', and begins with a letter or digit",
      );
    if (!isRole(role)) throw new DomainError("invalid", `A token's role is one of ${roles.join(", ")}`);
    const taken = tokens.findByName(name);
    if (taken)
      throw new DomainError(
        "already_exists",
        `A token named '${name}' ${taken.revoked_at === null ? "exists" : "existed; names are not used twice"}`,
      );
    const secret = `${TOKEN_PREFIX}${randomBytes(32).toString("base64url")}`;
    const created_at = now();
    const id = tokens.add({ name, role, secret_digest: digestOf(secret).toString("hex"), created_at });
    journal.record({ action: "token.create", kind: "token", uid: String(id), subject: name, after: { name, role } });
    return { name, role, created_at, revoked_at: null, secret };
  };

  /** All tokens, oldest first, revoked ones too. */
  const list = (): TokenInfo[] => tokens.list().map(infoOf);

  /** Ends a token at once; twice is fine. Runs inside a write. @throws DomainError `not_found` for an unknown name. */
  const revoke = (name: string): TokenInfo => {
    const row = tokens.findByName(name);
    if (!row) throw new DomainError("not_found", `No token named '${name}'`);
    if (row.revoked_at !== null) return infoOf(row);
    const revoked_at = now();
    tokens.revoke(row.id, revoked_at);
    journal.record({
      action: "token.revoke",
      kind: "token",
      uid: String(row.id),
      subject: name,
      before: { revoked_at: null },
      after: { revoked_at },
    });
    return { ...infoOf(row), revoked_at };
  };

  /** The live token with this secret. */
  const verify = (secret: string): TokenInfo | undefined => {
    const digest = digestOf(secret);
    const row = tokens.findLiveByDigest(digest.toString("hex"));
    return row && timingSafeEqual(digest, Buffer.from(row.secret_digest, "hex")) ? infoOf(row) : undefined;
  };

  return { create, list, revoke, verify };
};
