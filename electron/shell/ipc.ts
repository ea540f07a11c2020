/** The border between the page and the shell: who asks is proven, what is asked is proven, and only then is it done. */
import type { IpcMainInvokeEvent } from "electron/main";
import { signalChannel, type SignalName, type Signals } from "../../shared/shell/signals.ts";
import { channelOf, verbs, type AskOf, type Reply, type VerbName } from "../../shared/shell/verbs.ts";
import type { Guard } from "../../shared/shell/verb.ts";
import type { ElectronMain, Ipc, ShellLog, ShellWindow } from "./context.ts";

export interface IpcDeps {
  readonly electron: Pick<ElectronMain, "ipcMain">;
  readonly hostOrigin: () => string | undefined;
  readonly windowOf: (event: IpcMainInvokeEvent) => ShellWindow | undefined;
  readonly log: ShellLog;
}

/** Why a sender is refused, or nothing: only the top frame of one of our windows, on the host's page, may ask. */
export const refusalOf = (event: IpcMainInvokeEvent, { hostOrigin, windowOf }: IpcDeps): string | undefined => {
  const { senderFrame } = event;
  if (!senderFrame) return "its frame is gone";
  if (senderFrame.parent !== null) return "it comes from a frame inside the page";
  if (senderFrame.origin !== hostOrigin()) return `it comes from ${senderFrame.origin}`;
  return windowOf(event) ? undefined : "it comes from no window of ours";
};

export const createIpc = (deps: IpcDeps): Ipc => {
  const { electron, windowOf, log } = deps;

  const failure = (name: VerbName, message: string): Reply => {
    log.warn(`${name} was refused`, { reason: message });
    return { error: message };
  };

  const handle: Ipc["handle"] = (name, answer) => {
    electron.ipcMain.handle(channelOf(name), async (event, ...args: unknown[]): Promise<Reply> => {
      const refusal = refusalOf(event, deps);
      const window = windowOf(event);
      if (refusal !== undefined || !window) return failure(name, `Refused: ${refusal ?? "no window"}`);
      const [input] = args;
      if (args.length > 1 || !accepts(name, input)) return failure(name, `${name} does not take this input`);
      try {
        return { value: await answer(input, { window }) };
      } catch (error) {
        return failure(name, error instanceof Error ? error.message : String(error));
      }
    });
  };

  return { handle };
};

const accepts = <Name extends VerbName>(name: Name, input: unknown): input is AskOf<Name> => {
  const guard: Guard<unknown> = verbs[name].accepts;
  return guard(input);
};

/** Tells one window's page. A window that is going has nobody to tell. */
export const sendSignal = <Name extends SignalName>(window: ShellWindow, name: Name, value: Signals[Name]): void => {
  if (!window.isDestroyed()) window.webContents.send(signalChannel(name), value);
};
