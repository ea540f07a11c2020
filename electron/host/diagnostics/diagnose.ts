/**
 * One zip for whoever helps: how this Outpost is, without what it holds. Built from plain data, so that a child process
 * can do it beside a host at work, and from nothing but the folder where no host runs or none could start.
 */
import { existsSync, statfsSync } from "node:fs";
import {
  arch,
  cpus,
  freemem,
  homedir,
  hostname,
  release,
  totalmem,
  type,
  uptime,
  userInfo,
  version as systemName,
} from "node:os";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import type { Diagnostics } from "../../../shared/api/outpost/diagnostics.ts";
import type { HostSetting } from "../../../shared/api/outpost/host.ts";
import { checkFile } from "../../store/check.ts";
import { readStoreFacts } from "../../store/facts.ts";
import { pathsIn } from "../data-folder.ts";
import { createPersonalRedactor, type Personal } from "../redact.ts";
import { electronVersion } from "./electron-version.ts";
import { folderFacts } from "./folder-files.ts";
import { readLogs, withoutNames, type Clean } from "./log-lines.ts";

export interface DiagnosticsInput {
  readonly now: number; // ms since epoch
  readonly version: string;
  readonly folder: string;
  readonly settings: readonly HostSetting[];
  readonly policy: string | null;
  /** What only a running host knows. */
  readonly host: Readonly<Record<string, unknown>> | null;
  /** What could not be had so far, in words. */
  readonly missing: readonly string[];
}

interface Part {
  readonly path: string;
  readonly what: string;
  readonly text: string;
}

const NOT_INSIDE = `Not inside: tokens, passwords and keys; names of users and machines, home folders and the path of the data
folder; names of experiments, runs, parameters, metrics, tags, models and files; anything that was logged or uploaded.
Log lines keep what Outpost itself wrote; quoted words and paths in them are left out.`;

/** Collects everything; a part that fails is named instead of failing the rest. */
export const diagnose = async (input: DiagnosticsInput): Promise<Diagnostics> => {
  const clean = createPersonalRedactor(personalOf(input.folder));
  const missing = input.missing.map((reason) => withoutNames(clean(reason)));
  const attempt = (what: string, make: () => Part[]): Part[] => {
    try {
      return make();
    } catch (error) {
      missing.push(`${what}: ${reasonOf(error, clean)}`);
      return [];
    }
  };
  const json = (path: string, what: string, make: () => unknown): Part[] =>
    attempt(what, () => [{ path, what, text: `${JSON.stringify(cleanValues(make(), clean), null, 2)}\n` }]);

  const paths = pathsIn(input.folder);
  const { settings, policy, host } = input;
  const parts = [
    ...json("about.json", "versions, system, memory and disk", () => aboutOf(input)),
    ...json("settings.json", "settings in force, where each was set, and the policy", () => ({
      policy,
      settings: settings.map(settingOf),
    })),
    ...(host ? json("host.json", "health, queues, readers and memory of the running host", () => host) : []),
    ...json("store.json", "schema, rows and bytes of each table, head of the audit chain", () => ({
      ...readStoreFacts(paths.db),
      ...(host ? {} : { quick_check: checkFile(paths.db, "quick") }),
    })),
    ...json("files.json", "the data folder's files with sizes and modes", () => folderFacts(input.folder)),
    ...attempt("log files", () =>
      readLogs(paths.logs, clean).map(({ name, text }) => ({ path: `logs/${name}`, what: "log, without names", text })),
    ),
  ];
  const contents = parts.map(({ path, what, text }) => ({ path, what, bytes: Buffer.byteLength(text) }));
  const readme = readmeOf(input, contents, missing);
  const zip = await zipOf([{ path: "README.txt", text: readme }, ...parts], input.now);
  const stamp = new Date(input.now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return { name: `outpost-diagnostics-${stamp}.zip`, contents, missing, zip: zip.toString("base64") };
};

const reasonOf = (error: unknown, clean: Clean): string => {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return withoutNames(clean(error instanceof Error ? error.message : String(error)));
};

/** The user as the system lists him, and as the environment calls him. */
const personalOf = (dataFolder: string): Personal => {
  const named = ["USER", "LOGNAME", "USERNAME", "SUDO_USER"].flatMap((name) => process.env[name] ?? []);
  return {
    dataFolder,
    homes: [homedir(), ...listed().homes],
    users: [...listed().names, ...named],
    hosts: [hostname()],
  };
};

const listed = (): { homes: string[]; names: string[] } => {
  try {
    const { homedir: home, username } = userInfo();
    return { homes: [home], names: [username] };
  } catch {
    return { homes: [], names: [] }; // a uid without an entry has no name to keep back
  }
};

/** Every text of a value, at any depth; keys are ours. */
const cleanValues = (value: unknown, clean: Clean): unknown => {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanValues(item, clean));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleanValues(item, clean)]));
};

const SECRET = /token|secret|passw|key$|feed$/i; // a feed's address names a machine

/** A setting whose name speaks of a secret or a machine shows no more than whether it is set. */
const settingOf = ({ name, value, origin, locked }: HostSetting) => ({
  name,
  value: SECRET.test(name) && value !== null && !/^(?:true|false|\d*)$/.test(value) ? "[redacted]" : value,
  origin,
  locked,
});

const aboutOf = ({ version, now, folder }: DiagnosticsInput) => {
  const processors = cpus();
  return {
    outpost: version,
    made: new Date(now).toISOString(),
    node: process.versions.node,
    v8: process.versions.v8,
    electron: electronVersion(),
    system: { type: type(), release: release(), version: systemName(), arch: arch(), up_seconds: Math.round(uptime()) },
    cpu: { model: processors[0]?.model ?? "", count: processors.length },
    memory: { total_bytes: totalmem(), free_bytes: freemem() },
    disk: existsSync(folder) ? diskOf(folder) : null,
  };
};

const diskOf = (folder: string) => {
  const { bavail, blocks, bsize, type: fileSystem } = statfsSync(folder);
  return {
    total_bytes: blocks * bsize,
    free_bytes: bavail * bsize,
    file_system: `0x${(fileSystem >>> 0).toString(16)}`,
  };
};

const readmeOf = (
  { version, now }: DiagnosticsInput,
  contents: Diagnostics["contents"],
  missing: readonly string[],
): string =>
  [
    `Diagnostics of Outpost ${version}, made ${new Date(now).toISOString()}`,
    "",
    ...contents.map(({ path, what }) => `${path}: ${what}`),
    ...(missing.length > 0 ? ["", "Not collected:", ...missing] : []),
    "",
    NOT_INSIDE,
    "",
  ].join("\n");

const zipOf = (parts: readonly { readonly path: string; readonly text: string }[], now: number): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const { path, text } of parts)
    zip.addBuffer(Buffer.from(text), `outpost-diagnostics/${path}`, { mtime: new Date(now), mode: 0o100600 });
  zip.end();
  return buffer(zip.outputStream);
};
