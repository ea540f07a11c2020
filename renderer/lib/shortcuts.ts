import { push } from "svelte-spa-router";

const GOES: Record<string, string> = { h: "/", e: "/experiments", m: "/models" };
const SEQUENCE_MS = 1000;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** j and k go along the page's row links (`data-row-link`), Enter is the link's own. */
const moveRow = (by: number): void => {
  const links = [...document.querySelectorAll<HTMLElement>("[data-row-link]")];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = at < 0 ? links[by > 0 ? 0 : links.length - 1] : links[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};

/** Single keys: `/` to the filter, `g` then h, e or m to a page, `j` `k` through rows. Returns how to stop. */
export const listenForShortcuts = (): (() => void) => {
  let wentAt = -Infinity;
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    const goes = performance.now() - wentAt < SEQUENCE_MS ? GOES[event.key] : undefined;
    wentAt = event.key === "g" ? performance.now() : -Infinity;
    if (goes !== undefined) void push(goes);
    else if (event.key === "/") document.querySelector<HTMLInputElement>("[data-filter]")?.focus();
    else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
    else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
};
