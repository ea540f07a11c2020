/** Whether the host serves another build of this page than the one that runs: after an update the old one must not stay. */
import { m } from "../i18n/messages.ts";
import { toasts } from "./toasts.svelte.ts";

const ENTRY = /<script\b[^>]*\bsrc="([^"]*\/assets\/[^"]+\.js)"/;

/** The script that a page starts with; its name holds its content's hash. */
export const entryIn = (html: string, base: string): string | undefined => {
  const src = ENTRY.exec(html)?.[1];
  return src === undefined ? undefined : new URL(src, base).pathname;
};

/** What a person would lose by a reload: an open dialog, or a field with words that are not saved yet. */
const isAtWork = (): boolean => {
  const { activeElement } = document;
  const isTyping =
    (activeElement instanceof HTMLInputElement || activeElement instanceof HTMLTextAreaElement) &&
    activeElement.value !== activeElement.defaultValue;
  return isTyping || document.querySelector("[role=dialog], [role=alertdialog], textarea") !== null;
};

/** Looks at the host's page again, after the host was away, and loads the new build; a page at work is told instead. */
export const followBuild = async (): Promise<void> => {
  const own = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  if (!own || !new URL(own.src).pathname.includes("/assets/")) return; // a page that is not built has no build to compare
  const answer = await fetch("/", { cache: "no-cache" }).catch(() => undefined); // the stream is back; if not, it asks again
  if (!answer?.ok) return;
  const served = entryIn(await answer.text(), location.origin);
  if (served === undefined || served === new URL(own.src).pathname) return;
  const reload = (): void => location.reload();
  if (isAtWork()) toasts.say(m.shell_new_version(), { action: { text: m.shell_reload(), run: reload } });
  else reload();
};
