/**
 * Hands the tokens of remotes to the host, which uses them and keeps none: secrets by the name `remote/<remote>`. Done
 * whenever a host runs, when a token is set, and when the passphrase has been given.
 */
import { giveToken } from "../../shared/api/outpost/remotes.ts";
import { remoteOfSecret } from "../../shared/shell/secrets.ts";
import type { HostThread, ShellLog } from "./context.ts";
import type { Secrets } from "./secret-store.ts";

export interface TokenHandOver {
  readonly store: Pick<Secrets, "state" | "get">;
  readonly host: Pick<HostThread, "state" | "onState" | "call">;
  readonly log: ShellLog;
}

export const handOverTokens = ({ store, host, log }: TokenHandOver) => {
  const give = async (name: string): Promise<void> => {
    const remote = remoteOfSecret(name);
    if (remote === undefined || host.state.phase !== "running") return;
    try {
      const token = await store.get(name);
      if (token !== undefined) await host.call(giveToken, { name: remote, token });
    } catch (error) {
      // A remote that is not there (yet) is no fault: it is given its token when it is added.
      log.warn("a token was not handed over", { remote, reason: error instanceof Error ? error.message : "" });
    }
  };
  const giveAll = async (): Promise<void> => {
    const { locked, names } = await store.state();
    if (!locked) for (const name of names) await give(name);
  };
  const dispose = host.onState(({ phase }) => {
    if (phase === "running") void giveAll();
  });
  return { give, giveAll, dispose };
};
