/** Workstations that bundles go to and come from: rows of kind `bundle`, which remember what each is known to have. */
import { DomainError } from "../../../shared/errors.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { Local } from "../local.ts";
import type { Heading } from "./lines.ts";

export interface PeerDeps {
  readonly state: Pick<SyncStore, "remotes">;
  readonly local: Pick<Local, "write">;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

/** What a workstation is called where nobody named it. */
export const callName = (workstation: string): string => `outpost-${workstation.slice(0, 8)}`;

const peersOf = ({ state }: PeerDeps): readonly RemoteRow[] =>
  state.remotes.list().filter(({ kind }) => kind === "bundle");

const add = (deps: PeerDeps, name: string, identity: string | null): Promise<RemoteRow> =>
  deps.local.write(() =>
    deps.state.remotes.add({ name, kind: "bundle", base_url: "", mode: "never", file_policy: "all", identity }),
  );

/** The peer of that name, which is made when it is new. @throws DomainError */
export const peerToSendTo = async (deps: PeerDeps, name: string): Promise<RemoteRow> => {
  if (!NAME.test(name))
    throw new DomainError(
      "invalid",
      `Invalid value '${name.slice(0, 100)}' for 'to': use up to 64 letters, digits and . _ -`,
    );
  const row = deps.state.remotes.byName(name);
  if (row && row.kind !== "bundle")
    throw new DomainError(
      "conflict",
      `'${name}' is a remote that is reached over the network: give the workstation another name`,
    );
  return row ?? add(deps, name, null);
};

/** Who wrote a bundle; `answers`: what it was called here when something was sent to it. */
export const findPeer = (deps: PeerDeps, { workstation }: Heading, answers?: string): RemoteRow | undefined => {
  const peers = peersOf(deps);
  const known = peers.find(({ identity }) => identity === workstation);
  return known ?? peers.find(({ name, identity }) => name === answers && identity === null);
};

const freeName = ({ state }: PeerDeps, wanted: string): string => {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!state.remotes.byName(name)) return name;
  }
};

/** The writer's row, which is made when it is new; what the writer calls this machine is kept as its title. */
export const peerThatSent = async (deps: PeerDeps, heading: Heading, answers?: string): Promise<RemoteRow> => {
  const { workstation } = heading;
  const found = findPeer(deps, heading, answers);
  const row = found ?? (await add(deps, freeName(deps, callName(workstation)), workstation));
  const title = answers === undefined ? (heading.peer ?? row.title) : row.title;
  if (row.identity === workstation && row.title === title) return row;
  await deps.local.write(() => deps.state.remotes.update(row.id, { identity: workstation, title }));
  return { ...row, identity: workstation, title };
};
