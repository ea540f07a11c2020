/**
 * Runs in the window before its page, in a world of its own: makes one function of each verb, and hands on signals. No
 * channel name, event object or module of Electron's gets through.
 */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from "electron/renderer";
import { signalChannel, signalNames, type SignalName } from "../../shared/shell/signals.ts";
import { channelOf, verbNames, type Reply, type VerbName } from "../../shared/shell/verbs.ts";

// The window was made without one of its guards: a bridge would then hand them all to the page.
if (!process.sandboxed || !process.contextIsolated) throw new Error("This window is not isolated: no bridge for it");

const ask = async (name: VerbName, ...input: readonly unknown[]): Promise<unknown> => {
  const reply = (await ipcRenderer.invoke(channelOf(name), ...input)) as Reply;
  if ("error" in reply) throw new Error(reply.error);
  return reply.value;
};

/** The last of each signal that came while the page was on its way: a link must not be lost because its page still loads. */
const early = new Map<SignalName, unknown>();
const listening = new Map<SignalName, number>();
for (const name of signalNames)
  ipcRenderer.on(signalChannel(name), (_event: IpcRendererEvent, value: unknown) => {
    if (!listening.get(name)) early.set(name, value);
  });

const on = (name: SignalName, listener: (value: unknown) => void): (() => void) => {
  if (!signalNames.includes(name)) throw new Error(`There is no signal '${String(name)}'`);
  const hear = (_event: IpcRendererEvent, value: unknown): void => listener(value);
  ipcRenderer.on(signalChannel(name), hear);
  listening.set(name, (listening.get(name) ?? 0) + 1);
  if (early.has(name)) listener(early.get(name));
  early.delete(name);
  return () => {
    ipcRenderer.off(signalChannel(name), hear);
    listening.set(name, (listening.get(name) ?? 1) - 1);
  };
};

contextBridge.exposeInMainWorld("outpost", {
  ...Object.fromEntries(
    verbNames.map((name) => [name, (...input: readonly unknown[]) => ask(name, ...input.slice(0, 1))]),
  ),
  on,
  pathForFile: (file: File) => webUtils.getPathForFile(file),
});
