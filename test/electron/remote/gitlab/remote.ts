/** A GitLab remote against the double, for the tests of this folder. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGitlabRemote, type GitlabTarget } from "../../../../electron/remote/gitlab/gitlab.ts";
import type { NetworkEntry } from "../../../../electron/remote/http/client.ts";
import type { Remote } from "../../../../electron/remote/remote.ts";
import type { GitlabDouble } from "../../../doubles/gitlab/start.ts";

/** Waits are a thousandth of what they are for people. */
export const PACE = 0.001;

export interface Given extends Partial<Pick<GitlabTarget, "project" | "fileBytes">> {
  readonly token?: string;
  readonly onCall?: (entry: NetworkEntry) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export const gitlabRemote = (double: GitlabDouble, given: Given = {}): Remote => {
  const { token = "developer", project = "4101", onCall, now = () => performance.now(), ...more } = given;
  return createGitlabRemote(
    {
      ...more,
      baseUrl: double.url,
      project,
      token: () => Promise.resolve(double.token(token)),
      pace: PACE,
      timeouts: { connectMs: 10_000_000, headersMs: 20_000_000, idleMs: 20_000_000 },
    },
    {
      now,
      sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
      random: () => 0.5,
      ...(onCall && { onCall }),
    },
  );
};
