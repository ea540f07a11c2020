/** What the shell tells the page without being asked. */

import type { UpdateState } from "./update.ts";

/** How the host is. `ours`: it runs in this app, not in another process that the app found on the data folder. */
export type HostState =
  | { readonly phase: "starting" }
  | {
      readonly phase: "running";
      readonly url: string;
      readonly port: number;
      readonly dataDir: string;
      readonly ours: boolean;
    }
  | { readonly phase: "restarting"; readonly reason: string }
  | { readonly phase: "stopped" }
  | { readonly phase: "failed"; readonly reason: string };

export interface Signals {
  readonly hostState: HostState;
  /** Go to a route of the page: a deep link, or a click on a notification. */
  readonly navigate: string;
  /** A menu item that the page carries out. */
  readonly command: "find" | "settings" | "help" | "reload" | "print";
  readonly update: UpdateState;
}

export type SignalName = keyof Signals;

export const signalNames: readonly SignalName[] = ["hostState", "navigate", "command", "update"];

/** The IPC channel of a signal. */
export const signalChannel = (name: SignalName): string => `outpost:signal:${name}`;
