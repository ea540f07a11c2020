/** Who this store is: an id of its own, bound to the machine and the place where its data is. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { MetaStore } from "../store/meta.ts";

interface Binding {
  readonly machine: string; // digest of the machine's id
  readonly path: string;
  readonly since: number; // ms since epoch
}

export interface Workstation {
  readonly id: string;
  /** True when the folder was not seen in this place before: moved here, or copied. */
  readonly moved: boolean;
}

/**
 * Reads the workstation's id, or makes one, and remembers where it lives. A folder seen in a new place keeps its id and
 * both places: whether it was moved or copied only a person can say.
 */
export const recogniseWorkstation = (
  meta: MetaStore,
  path: string,
  now: number,
  machine: string = machineDigest(),
): Workstation => {
  const known = meta.get("workstation");
  const id = known ?? randomBytes(16).toString("hex");
  if (known === undefined) meta.set("workstation", id);
  const bindings = JSON.parse(meta.get("workstation_bindings") ?? "[]") as Binding[];
  if (bindings.some((binding) => binding.machine === machine && binding.path === path)) return { id, moved: false };
  meta.set("workstation_bindings", JSON.stringify([...bindings, { machine, path, since: now }]));
  return { id, moved: bindings.length > 0 };
};

/** Linux has an id of the installation; elsewhere the host's name has to do. */
const machineDigest = (): string => {
  let id = hostname();
  try {
    id = readFileSync("/etc/machine-id", "utf8").trim() || id;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error; // no such file here: the name stays
  }
  return createHash("sha256").update(`outpost ${id}`).digest("hex").slice(0, 32);
};
