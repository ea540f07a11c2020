/**
 * The one channel map of the desktop app: all that the page can ask of the shell. Each verb becomes a function of the bridge
 * (`window.outpost.openExternal("https://…")`); nothing else crosses. Files never cross as contents, and nothing here
 * changes what is stored: for that the page speaks to the host over HTTP, like any client.
 */
import type { Preferences } from "./preferences.ts";
import { isPreferenceChange } from "./preferences.ts";
import type { SecretsState } from "./secrets.ts";
import type { HostState } from "./signals.ts";
import type { UpdateState } from "./update.ts";
import { answers, nothing, oneOf, shape, text, verb, yesNo, type Verb } from "./verb.ts";

export interface Versions {
  readonly outpost: string;
  readonly electron: string;
  readonly chrome: string;
  readonly node: string;
}

/** Which artifacts are meant: their owner (a version by `name/number`), their path below it, "" for all; and how to name the folder. */
const artifactPlace = shape({
  owner: oneOf("run", "model", "version"),
  id: text(300),
  path: text(1024),
  name: text(200),
});
const passphrase = text(1024);

export const verbs = {
  // the shell itself
  versions: verb(nothing, answers<Versions>()),
  hostState: verb(nothing, answers<HostState>()),
  restartHost: verb(nothing, answers<undefined>()),
  newWindow: verb(text(2048), answers<undefined>()), // a route: `/experiments/1`
  quit: verb(nothing, answers<undefined>()),
  preferences: verb(nothing, answers<Preferences>()),
  setPreference: verb(isPreferenceChange, answers<Preferences>()),
  /** Asks a person first. True when it was opened. */
  openExternal: verb(text(2048), answers<boolean>()),

  // the features
  /** Copies the artifacts into a folder of their own and shows it in the system's file manager; answers with its path. */
  showInFolder: verb(artifactPlace, answers<string>()),
  showDataFolder: verb(nothing, answers<undefined>()),
  /** Asks where to, writes the page as PDF; answers with the path, or nothing when it was cancelled. */
  printToPdf: verb(shape({ name: text(200), landscape: yesNo }), answers<string | undefined>()),
  /** Secrets go in and never come out: the page sees where they are kept, and their names. */
  secrets: verb(nothing, answers<SecretsState>()),
  setSecret: verb(shape({ name: text(200), value: text(65_536) }), answers<SecretsState>()),
  hasSecret: verb(text(200), answers<boolean>()),
  removeSecret: verb(text(200), answers<SecretsState>()),
  unlockSecrets: verb(passphrase, answers<SecretsState>()),
  protectSecrets: verb(passphrase, answers<SecretsState>()),
  forgetSecrets: verb(nothing, answers<SecretsState>()),
  /** Newer versions come from a file, or from the folder that `update_feed` names; nothing runs that was not verified. */
  updateState: verb(nothing, answers<UpdateState>()),
  checkForUpdate: verb(nothing, answers<UpdateState>()),
  /** Asks for a file, verifies it, asks a person, hands it to the system. False where it ended before that. */
  installUpdate: verb(nothing, answers<boolean>()),
  /** The same with what the last check found, which is downloaded first. */
  installFoundUpdate: verb(nothing, answers<boolean>()),
  cancelUpdate: verb(nothing, answers<undefined>()),
  opensAtLogin: verb(nothing, answers<boolean>()),
  setOpensAtLogin: verb(yesNo, answers<boolean>()),
} as const satisfies Readonly<Record<string, Verb<unknown, unknown>>>;

export type VerbName = keyof typeof verbs;
export type AskOf<Name extends VerbName> = (typeof verbs)[Name] extends Verb<infer Ask, unknown> ? Ask : never;
export type AnswerOf<Name extends VerbName> = (typeof verbs)[Name] extends Verb<unknown, infer Answer> ? Answer : never;

export const verbNames = Object.keys(verbs) as readonly VerbName[];

/** The IPC channel of a verb. */
export const channelOf = (name: VerbName): string => `outpost:${name}`;

/** What goes back over a channel: an error crosses as plain words, without the main process's stack. */
export type Reply = { readonly value: unknown } | { readonly error: string };
