/**
 * Every setting, declared once as JSON schema: its name is the key in `config.yaml`, the flag (`allowed_hosts` →
 * `--allowed-hosts`) and the variable (`OUTPOST_ALLOWED_HOSTS`). A new setting is one entry here. Without a schema
 * library on purpose: the command line reads this before it does anything else.
 */
export interface SettingSchema {
  readonly type: "integer" | "boolean" | "string" | "array";
  readonly description: string;
  readonly default?: number | boolean | string | readonly string[] | undefined;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string; // of a text, or of each item of an array
  readonly wanted?: string; // what a text must be, in words
  /** A value that will not do is never repeated: it may be the secret half of what was meant. */
  readonly unsaid?: boolean;
  /** Under an administrator's lock a flag or variable that says otherwise stops the start; of others it is only told. */
  readonly guarded?: boolean;
}

/** What a setting can hold. */
export type SettingValue = number | boolean | string | readonly string[];

/** A schema that remembers the type of its values. */
interface Setting<T extends SettingSchema["default"]> extends SettingSchema {
  readonly default?: T;
}

const integer = (minimum: number, maximum: number, value: number, description: string): Setting<number> => ({
  type: "integer",
  minimum,
  maximum,
  default: value,
  description,
});
const yesNo = (value: boolean, description: string): Setting<boolean> => ({
  type: "boolean",
  default: value,
  description,
});
const oneOf = <const T extends string>(words: readonly T[], value: T, description: string): Setting<T> => ({
  type: "string",
  enum: words,
  default: value,
  description,
});

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";
const LOG_LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "silent"];

const port: Setting<number | undefined> = {
  type: "integer",
  minimum: 0,
  maximum: 65535,
  description:
    "port to listen on; 0 takes any free one; without it 5000 or the next free one, chosen once and remembered",
};
const allowedHosts: Setting<readonly string[]> = {
  type: "array",
  pattern: "^[A-Za-z0-9.-]+(?::\\d{1,5})?$",
  default: [],
  description: "further exact host:port names that requests may use, for SSH tunnels",
};

/** An empty text is "none", so that a policy can lock that too. */
const updateKey: Setting<string> = {
  type: "string",
  pattern: "^(?:MCowBQYDK2VwAyEA[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)?$",
  unsaid: true,
  wanted: "the one line between BEGIN and END of an Ed25519 public key in PEM, which starts with MCowBQYDK2VwAyEA",
  default: "",
  description: "public key that signs SHA256SUMS of the packages: without it the desktop app installs no update",
};
const updateFeed: Setting<string> = {
  type: "string",
  pattern: '^(?:https?://[A-Za-z0-9.:\\[\\]-]+(?:/[!"$->@-~]*)?)?$',
  wanted: "the http or https address of a folder, without a name and password in it",
  unsaid: true,
  default: "",
  description:
    "address of a folder on the intranet where the desktop app looks for signed updates; empty: it never looks",
};

export const settings = {
  host: oneOf(
    ["localhost", "127.0.0.1"],
    "localhost",
    "where to listen: 127.0.0.1 and ::1 (localhost), or 127.0.0.1 alone; never beyond this machine",
  ),
  port,
  allowed_hosts: allowedHosts,
  require_token: { ...yesNo(false, "ask everybody for a token, the same OS user too"), guarded: true },
  log_level: oneOf(LOG_LEVELS, "info", "how much goes to logs/outpost.log"),
  log_max_mb: integer(1, 1000, 10, "size in MB at which the log file rolls"),
  log_keep: integer(1, 100, 5, "rolled log files that are kept"),
  backup_daily: yesNo(true, "write a verified backup of the database once a day"),
  backup_keep_last: integer(1, 1000, 3, "newest backups that are kept"),
  backup_keep_daily: integer(0, 1000, 7, "days of which a backup is kept"),
  backup_keep_weekly: integer(0, 1000, 4, "weeks of which a backup is kept"),
  trash_keep_days: integer(1, 3650, 30, "days that deleted things are kept before they count as due for purging"),
  update_key: updateKey,
  update_feed: updateFeed,
} as const;

export type SettingName = keyof typeof settings;

/** The settings in force. */
export type Settings = { readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer T> ? T : never };

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** Where everything is. No key of `config.yaml`, which lies inside: a flag, a variable or a policy names it. */
const dataDir: SettingSchema = {
  type: "string",
  guarded: true,
  description: "the folder that holds everything; in a policy, ~ and {user} stand for the user's home folder and name",
};

/** What administrators may lock: the data folder and every setting. A new setting can be locked by being one. */
export type LockableName = SettingName | "data_dir";
export const lockableNames: readonly LockableName[] = ["data_dir", ...settingNames];

/** The schema of one setting. */
export const schemaOf = (name: LockableName): SettingSchema => (name === "data_dir" ? dataDir : settings[name]);

/** `allowed_hosts` → `--allowed-hosts`. */
export const flagOf = (name: LockableName): string => `--${name.replaceAll("_", "-")}`;

/** `allowed_hosts` → `OUTPOST_ALLOWED_HOSTS`. */
export const variableOf = (name: LockableName): string => `OUTPOST_${name.toUpperCase()}`;

/** Names a policy file where the machine has none: for containers and tests. */
export const POLICY_VARIABLE = "OUTPOST_POLICY_FILE";

/** The origin of a locked setting. */
export const FROM_POLICY = "policy";
