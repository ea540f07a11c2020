/** What the app was started with. Chromium's own switches stand among ours: what is not ours is left alone. */
import { schemaOf, settingNames, type SettingName } from "../host/settings.ts";

export interface Given {
  readonly dataDir: string | undefined;
  /** Settings of the host, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** Start without a window. */
  readonly hidden: boolean;
  /** Deep links and files, as they were written. */
  readonly rest: readonly string[];
}

const YES_NO = /^(?:true|false|yes|no|on|off|0|1)$/i;

const settingOf = (name: string): SettingName | undefined =>
  settingNames.find((setting) => setting.replaceAll("_", "-") === name);

/** Whether a switch takes the next word as its value. */
const takes = (name: string, next: string | undefined): boolean => {
  if (next === undefined || next.startsWith("--")) return false;
  const setting = settingOf(name);
  if (setting && schemaOf(setting).type === "boolean") return YES_NO.test(next);
  return setting !== undefined || name === "data-dir";
};

/** Reads a command line without the program, and without the app's path that a checkout's start has before it. */
export const readArguments = (args: readonly string[]): Given => {
  let dataDir: string | undefined;
  let hidden = false;
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith("-")) rest.push(word);
    if (!word.startsWith("--")) continue;
    const [name = "", ...parts] = word.slice(2).split("=");
    const value = parts.length === 0 && takes(name, words[0]) ? (words.shift() ?? "") : parts.join("=");
    const setting = settingOf(name);
    if (name === "data-dir") dataDir = value;
    else if (name === "hidden") hidden = true;
    else if (setting) flags[setting] = value === "" && schemaOf(setting).type === "boolean" ? "true" : value;
  }
  return { dataDir, flags, hidden, rest };
};
