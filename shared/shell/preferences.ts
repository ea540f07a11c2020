/** What the desktop app remembers for a person: plain JSON beside the window's own files, not part of the store. */
import { oneOf, yesNo, type Guard } from "./verb.ts";

export interface Preferences {
  /** The page's colours, so that the next window opens in them. */
  readonly theme: "system" | "light" | "dark";
  readonly language: "system" | "en" | "ko" | "ja";
  /** Which ends of runs are told by the system's notifications. */
  readonly notifications: "all" | "failures" | "none";
  /** Closing the last window leaves the app in the tray. */
  readonly keep_in_tray: boolean;
  /** Open without a window, in the tray where there is one. */
  readonly start_minimised: boolean;
}

export type PreferenceName = keyof Preferences;

export const preferenceDefaults: Preferences = {
  theme: "system",
  language: "system",
  notifications: "all",
  keep_in_tray: false,
  start_minimised: false,
};

export const preferenceGuards: { readonly [Name in PreferenceName]: Guard<Preferences[Name]> } = {
  theme: oneOf("system", "light", "dark"),
  language: oneOf("system", "en", "ko", "ja"),
  notifications: oneOf("all", "failures", "none"),
  keep_in_tray: yesNo,
  start_minimised: yesNo,
};

/** One preference with its new value. */
export type PreferenceChange = {
  [Name in PreferenceName]: { readonly name: Name; readonly value: Preferences[Name] };
}[PreferenceName];

export const isPreferenceChange = (value: unknown): value is PreferenceChange =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  "value" in value &&
  Object.keys(value).length === 2 &&
  Object.entries(preferenceGuards).some(([name, guard]) => name === value.name && guard(value.value));

const read = <Name extends PreferenceName>(stored: object, name: Name): Preferences[Name] => {
  const guard: Guard<Preferences[Name]> = preferenceGuards[name];
  const value: unknown = Reflect.get(stored, name);
  return guard(value) ? value : preferenceDefaults[name];
};

/** What of a file is a preference; the rest, and what is damaged, is the default. */
export const preferencesIn = (stored: unknown): Preferences => {
  const found = typeof stored === "object" && stored !== null ? stored : {};
  return {
    theme: read(found, "theme"),
    language: read(found, "language"),
    notifications: read(found, "notifications"),
    keep_in_tray: read(found, "keep_in_tray"),
    start_minimised: read(found, "start_minimised"),
  };
};
