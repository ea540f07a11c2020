/** What the policy needs to know of the system it runs on; a test stands in for the other two. */
import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { DomainError } from "../../../shared/errors.ts";

export interface PolicySystem {
  readonly platform: NodeJS.Platform;
  /** The policy's file, where the system has one. */
  readonly file: string;
  /** Who alone may have written it. */
  readonly administrator: number;
  /** Who runs Outpost; `undefined` where the system has no uids. */
  readonly uid: number | undefined;
  /** The user's home folder and name as the system lists them. @throws DomainError for a uid without an entry. */
  readonly user: () => { readonly home: string; readonly name: string };
  /** Gives what a program of the system printed, each byte as one character. @throws when it did not end well. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
}

const LINUX_FILE = "/etc/outpost/policy.yaml";
/** The domain of the app's managed preferences. */
export const PREFERENCES_DOMAIN = "app.outpost.Outpost";
const MACOS_FILE = `/Library/Managed Preferences/${PREFERENCES_DOMAIN}.plist`;
const PATIENCE_MS = 10_000;

const listedUser = (): { home: string; name: string } => {
  try {
    const { homedir, username } = userInfo();
    return { home: homedir, name: username };
  } catch (cause) {
    throw new DomainError("invalid", "data_dir names the user, and the system has no entry for this one", { cause });
  }
};

const runProgram = async (program: string, args: readonly string[]): Promise<string> => {
  const options = { encoding: "latin1", timeout: PATIENCE_MS, windowsHide: true } as const;
  return (await promisify(execFile)(program, [...args], options)).stdout;
};

/** The system this runs on. */
export const thisSystem: PolicySystem = {
  platform: process.platform,
  file: process.platform === "darwin" ? MACOS_FILE : LINUX_FILE,
  administrator: 0,
  uid: process.getuid?.(),
  user: listedUser,
  run: runProgram,
};
