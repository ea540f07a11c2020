import { onMount } from "svelte";

export interface Shortcut {
  /** `"c"`, `"?"`, `"g m"` (one after the other), `"mod+k"` (Ctrl, or Cmd on a Mac), `"Shift+Delete"`. */
  readonly keys: string;
  readonly text: string; // what it does, for the help sheet and the palette
  readonly group?: string;
  readonly run: () => void;
  readonly enabled?: boolean;
  readonly hidden?: boolean; // in the help sheet, but no action of the palette
}

const KEY = "outpost.single-keys";
const SEQUENCE_MS = 1000;
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** Inside a dialog, a menu or a list that has keys of its own, single letters are its business. */
const isCaptured = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("[role=dialog],[role=menu],[role=listbox],[role=combobox]") !== null;

const nameOf = (event: KeyboardEvent): string => {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (event.key.length > 1 || mod); // a shifted letter or sign is another key by itself
  return `${mod ? "mod+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
};

/** What the keys do now: each page adds its own while it is shown; the latest wins. */
class Shortcuts {
  #lists = $state.raw<readonly (() => readonly Shortcut[])[]>([]);
  /** Keys without Ctrl or Cmd can be switched off: speech input types them by accident (WCAG 2.1.4). */
  singleKeys = $state(localStorage.getItem(KEY) !== "off");
  #first = { key: "", at: -Infinity };

  get all(): readonly Shortcut[] {
    return this.#lists.flatMap((list) => list()).filter(({ enabled }) => enabled !== false);
  }

  add(list: () => readonly Shortcut[]): () => void {
    this.#lists = [...this.#lists, list];
    return () => (this.#lists = this.#lists.filter((other) => other !== list));
  }

  setSingleKeys(on: boolean): void {
    this.singleKeys = on;
    localStorage.setItem(KEY, on ? "on" : "off");
  }

  /** Runs what an event's key stands for. True when it stood for something. */
  handle(event: KeyboardEvent): boolean {
    if (event.isComposing || event.defaultPrevented) return false;
    const key = nameOf(event);
    const isPlain = !key.includes("mod+") && !key.includes("Alt+");
    if (isPlain && (!this.singleKeys || isTyping(event.target) || isCaptured(event.target))) return false;
    const now = performance.now();
    const sequence = now - this.#first.at < SEQUENCE_MS ? `${this.#first.key} ${key}` : undefined;
    const found = this.all.findLast(({ keys }) => keys === sequence) ?? this.all.findLast(({ keys }) => keys === key);
    this.#first = found ? { key: "", at: -Infinity } : { key, at: now };
    found?.run();
    return found !== undefined;
  }
}

export const shortcuts = new Shortcuts();

/** Adds a page's or component's shortcuts for as long as it is mounted. */
export const useShortcuts = (list: () => readonly Shortcut[]): void => onMount(() => shortcuts.add(list));

/** Listens on the window; returns how to stop. */
export const listenForShortcuts = (): (() => void) => {
  const onKey = (event: KeyboardEvent): void => {
    if (shortcuts.handle(event)) event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
};

/** The keys as a person reads them: `"mod+k"` → `["Ctrl", "K"]`; a sequence's parts stand apart. */
export const keyNames = (keys: string): string[][] =>
  keys.split(" ").map((part) =>
    part.split("+").map((key) => {
      if (key === "mod") return isMac ? "⌘" : "Ctrl";
      if (key.startsWith("Arrow")) return { Up: "↑", Down: "↓", Left: "←", Right: "→" }[key.slice(5)] ?? key;
      return key.length === 1 ? key.toUpperCase() : key;
    }),
  );

/** j and k go along the page's row links (`data-row-link`), Enter is the link's own. */
export const moveRow = (by: number): void => {
  const links = [...document.querySelectorAll<HTMLElement>("[data-row-link]")];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = at < 0 ? links[by > 0 ? 0 : links.length - 1] : links[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};
