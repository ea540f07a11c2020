/** The states of an object towards a remote, each with one action for a person; the page has the sentences. */

/**
 * - `local`: not there yet; `queued`: in a plan; `inflight`: being sent; `done`: both sides agree
 * - `uncertain`: an answer was lost, it is looked for before it is sent again
 * - `blocked`: refused, with the reason; `conflict`: both sides changed; `excluded`: a rule of the remote keeps it here
 * - `auth_needed`, `forbidden`: the token; `remote_gone`: it was there and is not any more; `remote_only`: a light entry
 */
export const syncStates = [
  "local",
  "queued",
  "inflight",
  "done",
  "uncertain",
  "blocked",
  "conflict",
  "auth_needed",
  "forbidden",
  "remote_gone",
  "remote_only",
  "excluded",
] as const;
export type SyncState = (typeof syncStates)[number];

/** What a remote may do by itself. `ask`: every plan waits for a person; `never`: only what is called for by name. */
export const syncModes = ["never", "ask", "auto"] as const;
export type SyncMode = (typeof syncModes)[number];

/** Which files a pull brings: none until they are asked for, those of pinned versions, or all. */
export const filePolicies = ["light", "pinned", "all"] as const;
export type FilePolicy = (typeof filePolicies)[number];

/** From open to closed. A remote's ceiling is one of them. */
export const classifications = ["public", "official", "secret"] as const;
export type Classification = (typeof classifications)[number];

export const remoteKinds = ["gitlab", "mlflow"] as const;
export type RemoteKind = (typeof remoteKinds)[number];
/** Whom objects go to: a server, or (`bundle`) a workstation that is reached by carrying files. */
export type PeerKind = RemoteKind | "bundle";
