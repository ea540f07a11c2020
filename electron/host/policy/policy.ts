/**
 * The administrators' policy: settings that this machine locks. It lies where only administrators write, each system in
 * its own way, and comes before flags, variables and `config.yaml`. What it does not understand stops the start: a policy
 * that is half in force is worse than none. (The rules of governance are something else, and lie in the data folder.)
 */
import { posix, resolve, win32 } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import { nearest, parseYaml, readSetting } from "../config.ts";
import { lockableNames, POLICY_VARIABLE, schemaOf, type LockableName, type SettingValue } from "../settings.ts";
import { readGuarded } from "./guarded-file.ts";
import { readManagedPreferences } from "./plist.ts";
import { readRegistry } from "./registry.ts";
import { thisSystem, type PolicySystem } from "./system.ts";

export interface Policy {
  /** A file's path, or a key of the registry. */
  readonly place: string;
  /** The locked settings, in their own types. */
  readonly locks: ReadonlyMap<LockableName, SettingValue>;
  readonly warnings: readonly string[];
}

/** What a system's own place holds, not yet understood. */
export interface PolicySource {
  readonly place: string;
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * The policy of this machine, if it has one. `OUTPOST_POLICY_FILE` is followed only where it has none, so that nobody
 * leaves a policy by naming another.
 * @throws DomainError with one line: what is wrong with the policy, and that an administrator has to correct it.
 */
export const readPolicy = async (
  env: Readonly<Record<string, string | undefined>>,
  system: PolicySystem = thisSystem,
): Promise<Policy | undefined> => {
  const named = env[POLICY_VARIABLE] || undefined;
  const own = await explained(() => readOwn(system));
  const source = own ?? (named === undefined ? undefined : await explained(() => readNamed(named, system)));
  if (!source) return undefined;
  const warnings =
    own && named !== undefined ? [`${POLICY_VARIABLE} is ignored: the policy of this machine is ${own.place}`] : [];
  return { place: source.place, locks: await explained(() => locksIn(source, system)), warnings };
};

const WAY_OUT = "Outpost starts when an administrator has corrected this policy";

/** Runs one step; a refusal gets the way out. */
const explained = async <T>(step: () => T | Promise<T>): Promise<T> => {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.kind, `${error.message.replace(/[^?.]$/, "$&.")} ${WAY_OUT}`, { cause: error });
  }
};

const readOwn = (system: PolicySystem): Promise<PolicySource | undefined> => {
  switch (system.platform) {
    case "win32":
      return readRegistry(system);
    case "darwin":
      return readManagedPreferences(system);
    default:
      return readYaml(system.file, system, [system.administrator]);
  }
};

/** A file that a variable names: the user may have written it, since without it there would be no lock at all. */
const readNamed = async (named: string, system: PolicySystem): Promise<PolicySource> => {
  const file = resolve(named);
  const owners = system.uid === undefined ? [] : [system.administrator, system.uid];
  const source = await readYaml(file, system, owners);
  if (source) return source;
  throw new DomainError("invalid", `${POLICY_VARIABLE} names ${file}, which does not exist`);
};

const readYaml = async (
  file: string,
  { platform }: PolicySystem,
  owners: readonly number[],
): Promise<PolicySource | undefined> => {
  const text = readGuarded(file, { owners, checksModes: platform !== "win32" });
  if (text === undefined) return undefined;
  const parsed = await parseYaml(text, file);
  if (parsed === null || parsed === undefined) return { place: file, values: new Map() };
  if (typeof parsed !== "object" || Array.isArray(parsed))
    throw new DomainError("invalid", `${file} must hold one setting a line, like "require_token: true"`);
  return { place: file, values: new Map(Object.entries(parsed)) };
};

const locksIn = ({ place, values }: PolicySource, system: PolicySystem): Map<LockableName, SettingValue> =>
  new Map(
    [...values].map(([key, raw]) => {
      const name = lockableNames.find((known) => known === key);
      if (name === undefined) throw unknownKey(key, place);
      return [name, readLock(name, raw, place, system)];
    }),
  );

const unknownKey = (key: string, place: string): DomainError => {
  const near = nearest(key, lockableNames);
  const hint = near ? `did you mean "${near}"?` : `known settings: ${lockableNames.join(", ")}`;
  return new DomainError("invalid", `${place}: unknown setting "${key}"; ${hint}`);
};

const readLock = (name: LockableName, raw: unknown, place: string, system: PolicySystem): SettingValue => {
  // The registry knows no empty list but the empty text.
  const value = readSetting(name, raw === "" && schemaOf(name).type === "array" ? [] : raw, place);
  if (name === "port" && value === 0)
    throw new DomainError(
      "invalid",
      `${place}: port: 0 stands for any port and locks none: name a port, or leave it out`,
    );
  return name === "data_dir" ? expandDataDir(String(value), place, system) : value;
};

/** `~` and `{user}` come from the system's list of users: a variable such as HOME is the user's to change. */
const expandDataDir = (text: string, place: string, { platform, user }: PolicySystem): string => {
  const paths = platform === "win32" ? win32 : posix;
  const refuse = (why: string): never => {
    throw new DomainError("invalid", `${place}: data_dir: ${JSON.stringify(text)} will not do: ${why}`);
  };
  if (/%[^%]+%|\$[{\w]/.test(text))
    refuse("variables are not expanded, write ~ for the user's home folder and {user} for his name");
  const known = /^~(?=$|[\\/])|\{user\}/.test(text) ? user() : undefined;
  const expanded = text.replace(/^~(?=$|[\\/])/, known?.home ?? "~").replaceAll("{user}", known?.name ?? "{user}");
  if (!paths.isAbsolute(expanded)) refuse("it must be an absolute path, or begin with ~");
  return paths.resolve(expanded);
};
