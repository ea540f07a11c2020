export type Theme = "system" | "light" | "dark";
export type Contrast = "system" | "normal" | "high";

const THEME_KEY = "outpost.theme";
const CONTRAST_KEY = "outpost.contrast";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const more = window.matchMedia("(prefers-contrast: more)");

const storedTheme = (): Theme => {
  const stored = localStorage.getItem(THEME_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};
const storedContrast = (): Contrast => {
  const stored = localStorage.getItem(CONTRAST_KEY);
  return stored === "normal" || stored === "high" ? stored : "system";
};
const shownTheme = (theme: Theme): "light" | "dark" => (theme === "system" ? (dark.matches ? "dark" : "light") : theme);

const remember = (key: string, value: string): void => {
  if (value === "system") localStorage.removeItem(key);
  else localStorage.setItem(key, value);
};

/** The chosen colours, remembered on this machine; "system" follows the OS as it changes. */
class ThemeChoice {
  chosen = $state<Theme>(storedTheme());
  shown = $state<"light" | "dark">(shownTheme(storedTheme()));
  contrast = $state<Contrast>(storedContrast());

  constructor() {
    dark.addEventListener("change", () => this.apply());
    more.addEventListener("change", () => this.apply());
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    remember(THEME_KEY, theme);
    this.apply();
  }

  chooseContrast(contrast: Contrast): void {
    this.contrast = contrast;
    remember(CONTRAST_KEY, contrast);
    this.apply();
  }

  /** Sets the colours that `tokens.css` has. */
  apply(): void {
    this.shown = shownTheme(this.chosen);
    const isHigh = this.contrast === "system" ? more.matches : this.contrast === "high";
    document.documentElement.dataset["theme"] = this.shown;
    document.documentElement.dataset["contrast"] = isHigh ? "high" : "normal";
  }
}

export const theme = new ThemeChoice();
