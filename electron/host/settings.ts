/**
 * Every setting, declared once: its name is the key in `config.yaml`, the flag (`allowed_hosts` → `--allowed-hosts`) and
 * the variable (`OUTPOST_ALLOWED_HOSTS`). A new setting is one line here.
 */
import { Type, type Static } from "typebox";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
const LOOPBACK = ["127.0.0.1", "localhost", "::1"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const word = <const T extends readonly string[]>(words: T, options: { default: T[number]; description: string }) =>
  Type.Unsafe<T[number]>({ type: "string", enum: words, ...options });

export const Settings = Type.Object({
  host: word(LOOPBACK, { default: "127.0.0.1", description: "loopback address to listen on; never another one" }),
  port: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65535,
      description:
        "port to listen on; 0 takes any free one; without it 5000 or the next free one, chosen once and remembered",
    }),
  ),
  allowed_hosts: Type.Array(Type.String({ pattern: "^[A-Za-z0-9.-]+(?::\\d{1,5})?$" }), {
    default: [],
    description: "further exact host:port names that requests may use, for SSH tunnels",
  }),
  require_token: Type.Boolean({ default: false, description: "ask everybody for a token, the same OS user too" }),
  log_level: word(LOG_LEVELS, { default: "info", description: "how much goes to logs/outpost.log" }),
  log_max_mb: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: "size in MB at which the log file rolls",
  }),
  log_keep: Type.Integer({ default: 5, minimum: 1, maximum: 100, description: "rolled log files that are kept" }),
  backup_daily: Type.Boolean({ default: true, description: "write a verified backup of the database once a day" }),
  backup_keep_last: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 1000,
    description: "newest backups that are kept",
  }),
  backup_keep_daily: Type.Integer({
    default: 7,
    minimum: 0,
    maximum: 1000,
    description: "days of which a backup is kept",
  }),
  backup_keep_weekly: Type.Integer({
    default: 4,
    minimum: 0,
    maximum: 1000,
    description: "weeks of which a backup is kept",
  }),
});

export type Settings = Static<typeof Settings>;
export type SettingName = keyof typeof Settings.properties;

export const settingNames = Object.keys(Settings.properties) as readonly SettingName[];

/** The JSON schema words that settings use. */
export interface SettingSchema {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: { readonly pattern?: string };
}

/** The schema of one setting, as plain JSON schema. */
export const schemaOf = (name: SettingName): SettingSchema => Settings.properties[name] as unknown as SettingSchema;

/** `allowed_hosts` → `--allowed-hosts`. */
export const flagOf = (name: SettingName): string => `--${name.replaceAll("_", "-")}`;

/** `allowed_hosts` → `OUTPOST_ALLOWED_HOSTS`. */
export const variableOf = (name: SettingName): string => `OUTPOST_${name.toUpperCase()}`;
