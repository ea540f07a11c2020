/** What the app was started with. Chromium's own switches stand among ours: what is not ours is left alone. */
import { settingNames } from "../host/settings.ts";

export interface Given {
  readonly dataDir: string | undefined;
  /** Settings of the host, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** Start without a window. */
  readonly hidden: boolean;
  /** Deep links and files, as they were written. */
  readonly rest: readonly string[];
}

/** Reads a command line without the program, and without the app's path that a checkout's start has before it. */
export const readArguments = (args: readonly string[]): Given => {
  const values = new Map<string, string>();
  const rest: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith("--")) {
      if (!word.startsWith("-")) rest.push(word);
      continue;
    }
    const [name = "", ...value] = word.slice(2).split("=");
    const takesNext = value.length === 0 && isOurs(name) && words[0] !== undefined && !words[0].startsWith("--");
    values.set(name, takesNext ? (words.shift() ?? "") : value.join("="));
  }
  const flags = settingNames.flatMap((name): [string, string][] => {
    const value = values.get(name.replaceAll("_", "-"));
    return value === undefined ? [] : [[name, value]];
  });
  return { dataDir: values.get("data-dir"), flags: Object.fromEntries(flags), hidden: values.has("hidden"), rest };
};

/** Takes a value, which may stand in the next word. */
const isOurs = (name: string): boolean =>
  name === "data-dir" || settingNames.some((setting) => setting.replaceAll("_", "-") === name);
