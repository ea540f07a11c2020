export type Theme = "system" | "light" | "dark";

const KEY = "outpost.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export const storedTheme = (): Theme => {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};

const shownTheme = (theme: Theme): "light" | "dark" => (theme === "system" ? (dark.matches ? "dark" : "light") : theme);

/** Sets the colours that `tokens.css` has for a theme. */
export const applyTheme = (theme: Theme): void => {
  document.documentElement.dataset["theme"] = shownTheme(theme);
};

/** The chosen theme, remembered on this machine; "system" follows the OS as it changes. */
class ThemeChoice {
  chosen = $state<Theme>(storedTheme());
  shown = $state<"light" | "dark">(shownTheme(storedTheme()));

  constructor() {
    dark.addEventListener("change", () => this.choose(this.chosen));
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    this.shown = shownTheme(theme);
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    applyTheme(theme);
  }
}

export const theme = new ThemeChoice();
