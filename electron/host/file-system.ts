/** What kind of place a folder is in: disks that forget locks, and programs that copy files behind our back. */
import { existsSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Place {
  /** A network file system, where SQLite's shared memory and locks cannot be trusted. */
  readonly network: string | undefined;
  /** Reasons to warn: no file modes, a sync program. */
  readonly warnings: readonly string[];
}

/** Linux's numbers for file systems. Source: statfs(2), linux/magic.h. */
const NETWORK_TYPES = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS/SMB"],
  [0xfe534d42, "SMB2"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
]);
const WEAK_TYPES = new Map([
  [0x4d44, "FAT"],
  [0x2011bab0, "exFAT"],
]);

/** Folder names and marker files by which sync programs can be told. */
const SYNC_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^Dropbox( \(.*\))?$/, "Dropbox"],
  [/^OneDrive( ?- .*)?$/, "OneDrive"],
  [/^(Google ?Drive|GoogleDrive-.*)$/, "Google Drive"],
  [/^(Mobile Documents|iCloud ?Drive)$/, "iCloud"],
  [/^CloudStorage$/, "a cloud drive"],
  [/^Nextcloud$/, "Nextcloud"],
  [/^ownCloud$/, "ownCloud"],
];
const SYNC_MARKERS: readonly (readonly [string, string])[] = [
  [".dropbox", "Dropbox"],
  [".dropbox.cache", "Dropbox"],
  [".stfolder", "Syncthing"],
  [".nextcloudsync.log", "Nextcloud"],
  [".owncloudsync.log", "ownCloud"],
  [".tmp.drivedownload", "Google Drive"],
];

/** Judges the place of an existing folder. `typeOf` gives the file system's number, as `statfs` does on Linux. */
export const judgePlace = (folder: string, typeOf: (path: string) => number = fileSystemType): Place => {
  const type = typeOf(folder);
  const warnings: string[] = [];
  const weak = WEAK_TYPES.get(type);
  if (weak)
    warnings.push(`${folder} is on ${weak}, which keeps no file modes: other users of this machine can read it`);
  const sync = syncProgramOf(folder);
  if (sync)
    warnings.push(
      `${folder} is inside a folder of ${sync}, whose copies can damage a database in use: choose another with --data-dir`,
    );
  return { network: NETWORK_TYPES.get(type) ?? (/^\\\\[^?.]/.test(folder) ? "a network share" : undefined), warnings };
};

// Only Linux numbers its file systems in a way that is documented and stable.
const fileSystemType = (path: string): number =>
  process.platform === "linux" ? Number(statfsSync(path).type) >>> 0 : 0;

const syncProgramOf = (folder: string): string | undefined => {
  for (let at = folder; ; at = dirname(at)) {
    const named = SYNC_NAMES.find(([pattern]) => pattern.test(basename(at)));
    const marked = SYNC_MARKERS.find(([file]) => existsSync(join(at, file)));
    if (named ?? marked) return (named ?? marked)?.[1];
    if (dirname(at) === at) return undefined;
  }
};
