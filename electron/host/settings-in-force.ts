/** The settings in force for whoever needs one without a host: policy, flags, variables and `config.yaml`, as the host reads them. */
import { readConfig } from "./config.ts";
import { locateDataFolder, pathsIn } from "./data-folder.ts";
import { readPolicy } from "./policy/policy.ts";
import type { HostOptions } from "./protocol.ts";
import type { Settings } from "./settings.ts";

/** @throws DomainError `invalid` or `denied`, like a start of the host. */
export const settingsInForce = async ({ dataDir, flags, env }: Omit<HostOptions, "version">): Promise<Settings> => {
  const policy = await readPolicy(env);
  const { path } = locateDataFolder(dataDir, env, policy);
  return (await readConfig({ flags, env, file: pathsIn(path).config, policy })).settings;
};
