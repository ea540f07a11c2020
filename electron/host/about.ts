/** What the host says about itself: versions, folders, settings in force and room on the disk. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { About, HostSetting, Storage } from "../../shared/api/outpost/host.ts";
import type { StoredSizes } from "../store/views/storage.ts";
import type { Config } from "./config.ts";
import type { DataFolder } from "./data-folder.ts";
import type { Space } from "./disk.ts";
import {
  flagOf,
  FROM_POLICY,
  schemaOf,
  settingNames,
  variableOf,
  type LockableName,
  type SettingValue,
} from "./settings.ts";

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, name) => {
    const entry = statSync(join(folder, name), { throwIfNoEntry: false });
    return sum + (entry?.isFile() ? entry.size : 0);
  }, 0);

/** Adds to the sizes that the database knows those of the files beside it. */
export const storageOf = (folder: DataFolder, sizes: StoredSizes, { freeBytes, totalBytes }: Space): Storage => ({
  ...sizes,
  database_bytes: bytesOf(folder.db) + bytesOf(`${folder.db}-wal`),
  backup_bytes: bytesBelow(folder.backups),
  free_bytes: freeBytes,
  total_bytes: totalBytes,
});

const textOf = (value: SettingValue | undefined): string | null =>
  value === undefined ? null : typeof value === "object" ? value.join(", ") : String(value);

/** A value in force and where it was set. */
export interface Placed {
  readonly value: SettingValue | undefined;
  readonly origin: string;
}

const settingOf = (name: LockableName, { value, origin }: Placed): HostSetting => {
  const { description, default: byDefault } = schemaOf(name);
  return {
    name,
    value: textOf(value),
    default_value: textOf(byDefault),
    origin,
    locked: origin === FROM_POLICY,
    flag: flagOf(name),
    variable: variableOf(name),
    description,
  };
};

/** The data folder and every setting, with the value in force and where it was set. */
export const settingsOf = ({ settings, origins }: Config, dataDir: Placed): HostSetting[] => [
  settingOf("data_dir", dataDir),
  ...settingNames.map((name) => settingOf(name, { value: settings[name], origin: origins.get(name) ?? "default" })),
];

/** Versions of what runs here. */
export const versionsOf = (
  version: string,
  sqlite: string,
): Pick<About, "version" | "node" | "sqlite" | "platform"> => ({
  version,
  node: process.versions.node,
  sqlite,
  platform: `${process.platform} ${process.arch}`,
});
