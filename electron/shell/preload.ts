/**
 * Runs in the window before its page, in a world of its own: makes one function of each verb, and hands on signals. No
 * channel name, event object or module of Electron's gets through.
 */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from "electron/renderer";
import { signalChannel, signalNames, type SignalName } from "../../shared/shell/signals.ts";
import { channelOf, verbNames, type Reply, type VerbName } from "../../shared/shell/verbs.ts";

const ask = async (name: VerbName, ...input: readonly unknown[]): Promise<unknown> => {
  const reply = (await ipcRenderer.invoke(channelOf(name), ...input)) as Reply;
  if ("error" in reply) throw new Error(reply.error);
  return reply.value;
};

const on = (name: SignalName, listener: (value: unknown) => void): (() => void) => {
  if (!signalNames.includes(name)) throw new Error(`There is no signal '${String(name)}'`);
  const hear = (_event: IpcRendererEvent, value: unknown): void => listener(value);
  ipcRenderer.on(signalChannel(name), hear);
  return () => void ipcRenderer.off(signalChannel(name), hear);
};

contextBridge.exposeInMainWorld("outpost", {
  ...Object.fromEntries(
    verbNames.map((name) => [name, (...input: readonly unknown[]) => ask(name, ...input.slice(0, 1))]),
  ),
  on,
  pathForFile: (file: File) => webUtils.getPathForFile(file),
});
