import { overwriteGetLocale } from "./compiled/runtime.js";

export const LOCALES = ["en", "ko", "ja"] as const;
export type Locale = (typeof LOCALES)[number];
/** Each language by its own name: who cannot read the page must still find it. */
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", ko: "한국어", ja: "日本語" };

const KEY = "outpost.language";

const localeOf = (tag: string | null | undefined): Locale | undefined =>
  LOCALES.find((locale) => tag === locale || tag?.startsWith(`${locale}-`));

const stored = (): Locale | "system" => localeOf(localStorage.getItem(KEY)) ?? "system";
const ofSystem = (): Locale => navigator.languages.map(localeOf).find((locale) => locale !== undefined) ?? "en";
const shown = (chosen: Locale | "system"): Locale => (chosen === "system" ? ofSystem() : chosen);

/** The chosen language, remembered on this machine; "system" is the first of the browser's languages that we speak. */
class LocaleChoice {
  chosen = $state<Locale | "system">(stored());
  current = $state<Locale>(shown(stored()));

  choose(locale: Locale | "system"): void {
    this.chosen = locale;
    this.current = shown(locale);
    if (locale === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, locale);
    this.apply();
  }

  /** The language that "system" stands for here. */
  ofSystem = ofSystem;

  /** Names the document's language: fonts, hyphenation and screen readers go by it. */
  apply(): void {
    document.documentElement.lang = this.current;
  }
}

export const locale = new LocaleChoice();
overwriteGetLocale(() => locale.current);
