/** What the page may know of secrets: where they are kept and their names, never a value. */

/**
 * `keychain`: the system's own. `passphrase`: a file under a passphrase. `session`: in memory until the app ends.
 * `keychain_gone`, `damaged`: there are some, and this session cannot get at them.
 */
export type SecretPlace = "keychain" | "passphrase" | "session" | "keychain_gone" | "damaged";

export interface SecretsState {
  readonly place: SecretPlace;
  /** The passphrase has not been given yet. */
  readonly locked: boolean;
  /** What is kept, by name; none while it is locked. */
  readonly names: readonly string[];
}

/** A passphrase that is shorter is refused. */
export const SHORTEST_PASSPHRASE = 8;

const OF_REMOTE = "remote/";
/** The name under which the token of a remote is kept. */
export const secretOfRemote = (remote: string): string => `${OF_REMOTE}${remote}`;
/** Undefined for a secret that is no remote's token. */
export const remoteOfSecret = (name: string): string | undefined =>
  name.startsWith(OF_REMOTE) ? name.slice(OF_REMOTE.length) : undefined;
