/** What `diagnose` needs where no host answers: as much as can be read, and why the rest cannot. */
import { settingsOf } from "../about.ts";
import { readConfig } from "../config.ts";
import { locateDataFolder, pathsIn } from "../data-folder.ts";
import { readPolicy } from "../policy/policy.ts";
import type { HostOptions } from "../protocol.ts";
import type { DiagnosticsInput } from "./diagnose.ts";

/** @throws DomainError `denied` when another data folder is asked for than the policy locks. */
export const offlineInput = async (
  { dataDir, flags, env, version }: HostOptions,
  { now, missing: before }: Pick<DiagnosticsInput, "now" | "missing">,
): Promise<DiagnosticsInput> => {
  const missing = [...before];
  const noting =
    (what: string) =>
    (error: unknown): undefined => {
      missing.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    };
  const policy = await readPolicy(env).catch(noting("administrators' policy"));
  const { path: folder, origin } = locateDataFolder(dataDir, env, policy);
  const config = await readConfig({ flags, env, file: pathsIn(folder).config, policy }).catch(noting("settings"));
  return {
    now,
    version,
    folder,
    settings: config ? settingsOf(config, { value: folder, origin }) : [],
    policy: policy?.place ?? null,
    host: null,
    missing,
  };
};
