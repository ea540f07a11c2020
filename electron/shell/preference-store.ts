/** What a person chose in the desktop app, and what was said once; in a small file of the profile. */
import { preferencesIn } from "../../shared/shell/preferences.ts";
import type { Preferences } from "../../shared/shell/preferences.ts";
import type { PreferenceStore } from "./context.ts";
import type { JsonFile } from "./json-file.ts";
import { windowStateIn, type WindowState } from "./window-state.ts";

export interface ShellFile {
  readonly preferences: PreferenceStore;
  readonly window: WindowState;
  saveWindow(state: WindowState): void;
}

const fieldOf = (stored: unknown, name: string): unknown =>
  typeof stored === "object" && stored !== null ? Reflect.get(stored, name) : undefined;

const wordsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/** Reads the file; what is damaged in it is as if it had never been chosen. */
export const openShellFile = async (file: JsonFile): Promise<ShellFile> => {
  const stored = await file.load();
  const listeners = new Set<(preferences: Preferences) => void>();
  const told = new Set(wordsIn(fieldOf(stored, "told")));
  let preferences = preferencesIn(fieldOf(stored, "preferences"));
  let window = windowStateIn(fieldOf(stored, "window"));
  const save = (): void => file.save({ preferences, window, told: [...told] });

  return {
    preferences: {
      get all() {
        return preferences;
      },
      set: ({ name, value }) => {
        if (preferences[name] === value) return;
        preferences = { ...preferences, [name]: value };
        save();
        for (const listener of listeners) listener(preferences);
      },
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      firstTime: (name) => {
        if (told.has(name)) return false;
        told.add(name);
        save();
        return true;
      },
    },
    get window() {
      return window;
    },
    saveWindow: (state) => {
      window = state;
      save();
    },
  };
};
