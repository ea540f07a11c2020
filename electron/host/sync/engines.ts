/** The engine of each remote, built when it is first asked for and again when the remote's settings have changed. */
import type { Engine, EngineDeps } from "../../sync/engine-types.ts";
import type { Remote } from "../../remote/remote.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";

export interface EnginesDeps {
  readonly rowOf: (remote: string) => RemoteRow;
  /** @throws DomainError when its settings cannot be used: a file of certificates that has gone. */
  readonly connect: (row: RemoteRow) => Remote;
  readonly build: (deps: Pick<EngineDeps, "remoteId" | "remote">) => Engine;
}

interface Built {
  readonly engine: Engine;
  readonly remote: Remote;
}

export type Engines = ReturnType<typeof createEngines>;

export const createEngines = ({ rowOf, connect, build }: EnginesDeps) => {
  const built = new Map<number, Built>();

  const of = (name: string): Built => {
    const row = rowOf(name);
    const known = built.get(row.id);
    if (known) return known;
    const remote = connect(row);
    const fresh = { remote, engine: build({ remoteId: row.id, remote }) };
    built.set(row.id, fresh);
    return fresh;
  };

  return {
    engineOf: (name: string): Engine => of(name).engine,
    remoteOf: (name: string): Remote => of(name).remote,
    /** Ends its calls under way: what they were about goes on with the next sync. */
    drop: (id: number): void => {
      built.get(id)?.remote.close();
      built.delete(id);
    },
    close: (): void => {
      for (const { remote } of built.values()) remote.close();
      built.clear();
    },
  };
};
