/** What a package's name says: `Outpost-VERSION-SYSTEM-PROCESSOR.KIND`, as the build names them. */
import { existsSync } from "node:fs";
import { isSemver } from "../../../shared/semver/semver.ts";

export type PackageKind = "exe" | "msi" | "dmg" | "deb" | "rpm" | "AppImage";

export interface PackageName {
  readonly version: string;
  readonly system: "win" | "mac" | "linux";
  readonly processor: string;
  readonly kind: PackageKind;
}

/** What a package must be made for. */
export interface Running {
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly processor: string; // process.arch
}

const SHAPE = /^Outpost-(\d[0-9A-Za-z.+-]{0,100})-(win|mac|linux)-([a-z0-9_]{1,20})\.(exe|msi|dmg|deb|rpm|AppImage)$/;
const SYSTEMS = { win: "win32", mac: "darwin", linux: "linux" } as const;
const KINDS = { win: ["exe", "msi"], mac: ["dmg"], linux: ["deb", "rpm", "AppImage"] } as const;
/** Debian and Red Hat have names of their own for the processors. */
const PROCESSORS: Readonly<Record<string, string>> = { amd64: "x64", x86_64: "x64", aarch64: "arm64" };

const oneOf = <Word extends string>(words: readonly Word[], text: string | undefined): Word | undefined =>
  words.find((word) => word === text);

/** Reads a name; nothing for one that is no package which this app could hand to a system. */
export const readPackageName = (name: string): PackageName | undefined => {
  const [, version = "", systemWord, processor = "", kindWord] = SHAPE.exec(name) ?? [];
  const system = oneOf(["win", "mac", "linux"], systemWord);
  if (system === undefined || !isSemver(version)) return undefined;
  const kinds: readonly PackageKind[] = KINDS[system];
  const kind = oneOf(kinds, kindWord);
  return kind && { version, system, processor: PROCESSORS[processor] ?? processor, kind };
};

/** Whether a package is for this system and processor. */
export const isFor = ({ system, processor }: PackageName, running: Running): boolean =>
  SYSTEMS[system] === running.platform && processor === running.processor;

/** The kinds of packages that this installation can be updated by without a person who knows better. */
export const usualKinds = (
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  isThere: (path: string) => boolean = existsSync,
): readonly PackageKind[] => {
  if (platform === "win32") return ["exe", "msi"];
  if (platform === "darwin") return ["dmg"];
  if (env["APPIMAGE"]) return ["AppImage"];
  if (isThere("/usr/bin/dpkg")) return ["deb"];
  return isThere("/usr/bin/rpm") ? ["rpm"] : ["AppImage"];
};
