/** Words of the shell's own dialogs and menus, in the app's three languages. The page has its own texts. */
import type { Preferences } from "../../shared/shell/preferences.ts";

export type Language = "en" | "ko" | "ja";
export type Phrase = Readonly<Record<Language, string>>;

/** The language of the shell: the chosen one, else the system's where the app speaks it. */
export const languageOf = (chosen: Preferences["language"], systemLocale: string): Language => {
  if (chosen !== "system") return chosen;
  const [word] = systemLocale.toLowerCase().split("-");
  return word === "ko" || word === "ja" ? word : "en";
};

/** Buttons that every dialog of the shell may have. */
export const buttons = {
  ok: { en: "OK", ko: "확인", ja: "OK" },
  cancel: { en: "Cancel", ko: "취소", ja: "キャンセル" },
} as const satisfies Record<string, Phrase>;
