/**
 * Reads the settings: what the administrators' policy locks, then flags, then `OUTPOST_*` variables, then `config.yaml` in the data folder, then defaults. What it
 * does not understand it refuses by name: a setting that is silently ignored is worse than none.
 */
import { constants, statSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { overruled } from "./policy/overruled.ts";
import type { Policy } from "./policy/policy.ts";
import {
  flagOf,
  FROM_POLICY,
  lockableNames,
  POLICY_VARIABLE,
  schemaOf,
  settingNames,
  variableOf,
  type LockableName,
  type SettingName,
  type Settings,
  type SettingValue,
} from "./settings.ts";

export interface ConfigSources {
  /** Settings by name, as a command line gives them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of `config.yaml`; it need not exist. */
  readonly file: string;
  /** What administrators lock on this machine. */
  readonly policy?: Policy | undefined;
}

export interface Config {
  readonly settings: Settings;
  /** Where each setting came from: `policy`, `--port`, `OUTPOST_PORT`, `config.yaml` or `default`. */
  readonly origins: ReadonlyMap<SettingName, string>;
  /** Variables that look like a setting and are none; what says otherwise than a lock. */
  readonly warnings: readonly string[];
  readonly policy: Policy | undefined;
}

/**
 * The settings in force.
 * @throws DomainError `invalid` naming the setting, where it was set, and what would do.
 */
export const readConfig = async (sources: ConfigSources): Promise<Config> => {
  const fromFile = await readConfigFile(sources.file);
  const settings: Record<string, unknown> = {};
  const origins = new Map<SettingName, string>();
  const { policy } = sources;
  const warnings = [...(policy?.warnings ?? []), ...strangeVariables(sources.env)];
  for (const name of settingNames) {
    const candidates: [unknown, string][] = [
      [sources.flags[name], flagOf(name)],
      [sources.env[variableOf(name)], variableOf(name)],
      [fromFile[name], sources.file],
    ];
    const given = candidates.filter(([value]) => value !== undefined && value !== null);
    const locked = policy?.locks.get(name);
    if (policy && locked !== undefined) {
      const said = given.map(([raw, origin]) => ({ value: readSetting(name, raw, origin), origin }));
      warnings.push(...overruled(name, said, policy));
      settings[name] = locked;
      origins.set(name, FROM_POLICY);
      continue;
    }
    const [raw, origin] = given[0] ?? [schemaOf(name).default, "default"];
    if (raw === undefined) continue;
    settings[name] = readSetting(name, raw, origin);
    origins.set(name, origin);
  }
  return { settings: settings as Settings, origins, warnings, policy };
};

/** Other tools may use our prefix, so a strange variable is no error; one that is nearly a setting's is worth a word. */
const strangeVariables = (env: ConfigSources["env"]): string[] => {
  const known = [POLICY_VARIABLE, ...lockableNames.map(variableOf)];
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith("OUTPOST_") || known.includes(name)) return [];
    const near = nearest(name.slice("OUTPOST_".length), settingNames);
    return near ? [`${name} is no setting and is ignored; did you mean ${variableOf(near as SettingName)}?`] : [];
  });
};

const readConfigFile = async (file: string): Promise<Record<string, unknown>> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    // No file, or no folder that could hold one: what is wrong with a folder is said when it is prepared.
    if (!(await canEnter(dirname(file)))) return {};
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new DomainError("invalid", `${file} cannot be read: make it readable for you (chmod 600), or remove it`, {
      cause: error,
    });
  }
  const parsed = await parseYaml(text, file);
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== "object" || Array.isArray(parsed))
    throw new DomainError("invalid", `${file} must hold one setting a line, like "port: 5000"`);
  for (const key of Object.keys(parsed)) refuseUnknown(key, file);
  return parsed as Record<string, unknown>;
};

const canEnter = (folder: string): Promise<boolean> =>
  access(folder, constants.X_OK).then(
    () => statSync(folder).isDirectory(),
    () => false,
  );

/** @throws DomainError `invalid` naming the file and the line. */
export const parseYaml = async (text: string, file: string): Promise<unknown> => {
  const { parse } = await import("./yaml.ts"); // most folders have no config.yaml, and a start should not pay for the parser
  try {
    return parse(text, { prettyErrors: true, strict: true, uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "").replace(/:$/, "") : String(error);
    throw new DomainError("invalid", `${file} is not valid YAML: ${reason}. Correct that line, or remove the file`, {
      cause: error,
    });
  }
};

const refuseUnknown = (key: string, file: string): void => {
  if ((settingNames as readonly string[]).includes(key)) return;
  if (key === "data_dir")
    throw new DomainError(
      "invalid",
      `${file}: data_dir cannot be set inside the data folder: use --data-dir or OUTPOST_DATA_DIR`,
    );
  const near = nearest(key, settingNames);
  const hint = near ? `did you mean "${near}"?` : `known settings: ${settingNames.join(", ")}`;
  throw new DomainError("invalid", `${file}: unknown setting "${key}"; ${hint}`);
};

/**
 * Turns what a flag, a variable, a file or a policy says into the setting's type.
 * @throws DomainError `invalid` naming the setting, where it was set, and what would do.
 */
export const readSetting = (name: LockableName, raw: unknown, origin: string): SettingValue => {
  const schema = schemaOf(name);
  const refuse = (wanted: string): never => {
    throw new DomainError(
      "invalid",
      `${at(name, origin)}: ${schema.unsaid ? "its value" : show(raw)} will not do: it must be ${wanted}`,
    );
  };
  switch (schema.type) {
    case "integer": {
      const value = typeof raw === "string" && /^\d+$/.test(raw) ? Number(raw) : raw;
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
      if (typeof value !== "number" || !Number.isInteger(value) || value < minimum || value > maximum)
        return refuse(`a whole number from ${minimum} to ${maximum}`);
      return value;
    }
    case "boolean": {
      if (typeof raw === "boolean") return raw;
      const word = typeof raw === "string" ? raw.toLowerCase() : "";
      if (["true", "1", "yes", "on"].includes(word)) return true;
      if (["false", "0", "no", "off"].includes(word)) return false;
      return refuse("true or false");
    }
    case "array": {
      const items: unknown[] = typeof raw === "string" ? raw.split(",") : Array.isArray(raw) ? raw : refuse("a list");
      const pattern = new RegExp(schema.pattern ?? "");
      return items.map((item) => {
        const text = typeof item === "string" ? item.trim() : "";
        return pattern.test(text) ? text : refuse("a list of host:port names");
      });
    }
    default: {
      const isOne = typeof raw === "string" && (schema.enum?.includes(raw) ?? true);
      if (!isOne || !new RegExp(schema.pattern ?? "").test(raw))
        return refuse(schema.enum ? `one of ${schema.enum.join(", ")}` : (schema.wanted ?? "a text"));
      return raw;
    }
  }
};

const at = (name: LockableName, origin: string): string =>
  origin.startsWith("--") || origin.startsWith("OUTPOST_") ? origin : `${origin}: ${name}`;

const show = (raw: unknown): string => (JSON.stringify(raw) as string | undefined)?.slice(0, 60) ?? "nothing";

/** The candidate that a typing error is most likely to have meant, if any is near enough. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const wanted = word.toLowerCase().replaceAll("-", "_");
  const [best] = candidates
    .map((name) => ({ name, edits: editDistance(wanted, name) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : undefined;
};

const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
