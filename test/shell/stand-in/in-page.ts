/** What runs inside the real page: the preload script with Electron's modules under it, and the ways out of a page. */
import type { Page } from "playwright-core";

/** Messages from the page's script to the stand-in. */
export type FromPage =
  | { readonly type: "invoke"; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly type: "open"; readonly url: string };

export const BINDING = "__standInCall";
const DELIVER = "__standInDeliver";

/** How the window was made: Electron's defaults are isolated and sandboxed. */
export interface Isolation {
  readonly sandbox: boolean;
  readonly contextIsolation: boolean;
}

/**
 * Runs in every frame before its page. The preload gets the modules that a sandboxed one gets, in the top frame only; what
 * it exposes is copied and frozen. A page's own world is all there is here, so the way out is taken off the page's hands first.
 */
const prelude = (preload: string, isolation: Isolation): string => `(() => {
  const call = globalThis.${BINDING};
  delete globalThis.${BINDING};
  const absolute = (url) => { try { return new URL(url, document.baseURI).href; } catch { return String(url); } };
  globalThis.open = (url = "about:blank") => { void call({ type: "open", url: absolute(url) }); return null; };
  addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.href);
    if (!link || event.defaultPrevented || link.hasAttribute("download")) return;
    const elsewhere = !["", "_self", "_top", "_parent"].includes(link.target) || event.ctrlKey || event.metaKey;
    if (!elsewhere) return;
    event.preventDefault();
    void call({ type: "open", url: link.href });
  });
  if (window !== window.top || !location.href.startsWith("http")) return;
  const listeners = new Map();
  const paths = new Map();
  Object.defineProperty(globalThis, "${DELIVER}", { value: (message) => {
    if (message.path) return paths.set(message.name, message.path);
    for (const listener of listeners.get(message.channel) ?? []) listener({}, message.value);
  } });
  const plain = (value) => { try { return structuredClone(value); } catch { throw new Error("An object could not be cloned."); } };
  const modules = {
    contextBridge: { exposeInMainWorld: (key, api) => {
      if (key in globalThis) throw new Error("Cannot bind an API on top of an existing property on the window object");
      Object.defineProperty(globalThis, key, { value: Object.freeze({ ...api }), enumerable: true });
    } },
    ipcRenderer: {
      invoke: async (channel, ...args) => {
        const answer = await call({ type: "invoke", channel, args: plain(args) });
        if (answer && "failure" in answer) throw new Error("Error invoking remote method '" + channel + "': " + answer.failure);
        return answer.value;
      },
      on: (channel, listener) => void listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      off: (channel, listener) => void listeners.set(channel, (listeners.get(channel) ?? []).filter((each) => each !== listener)),
    },
    webUtils: { getPathForFile: (file) => {
      if (!(file instanceof File)) throw new TypeError("getPathForFile: it must be a File");
      return paths.get(file.name) ?? "";
    } },
  };
  const require = (name) => {
    if (name === "electron" || name === "electron/renderer") return modules;
    throw new Error("module not found: " + name); // as in a sandboxed preload
  };
  const process = { sandboxed: ${isolation.sandbox}, contextIsolated: ${isolation.contextIsolation}, type: "renderer" };
  ((require, module, exports, process) => {\n${preload}\n})(require, { exports: {} }, {}, process);
})();`;

/** Puts the script into a page, for all documents to come. */
export const preparePage = async (page: Page, preload: string, isolation: Isolation): Promise<void> => {
  await page.addInitScript({ content: prelude(preload, isolation) });
};

/** Hands a message of the main process to the preload's listeners. A page without one (not the host's) hears nothing. */
export const deliver = (page: Page, message: object): Promise<void> =>
  page.evaluate(
    ([name, sent]) => {
      const take: unknown = Reflect.get(globalThis, name);
      if (typeof take === "function") take(sent);
    },
    [DELIVER, message] as const,
  );
