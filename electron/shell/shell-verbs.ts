/** What the page asks of the shell itself. */
import type { ShellContext, ShellWindow } from "./context.ts";

export const answerShellVerbs = (
  { ipc, host, windows, preferences, version, quit }: ShellContext,
  openExternal: (url: string, window: ShellWindow | undefined) => Promise<boolean>,
): void => {
  ipc.handle("versions", () => ({
    outpost: version,
    electron: process.versions.electron,
    chrome: process.versions.chrome,
    node: process.versions.node,
  }));
  ipc.handle("hostState", () => host.state);
  ipc.handle("restartHost", async () => {
    if (host.state.phase === "failed" || host.state.phase === "stopped") await host.start();
    return undefined;
  });
  ipc.handle("newWindow", (route) => void windows.open(route));
  ipc.handle("quit", () => {
    quit();
    return undefined;
  });
  ipc.handle("preferences", () => preferences.all);
  ipc.handle("setPreference", (change) => {
    preferences.set(change);
    return preferences.all;
  });
  ipc.handle("openExternal", (url, { window }) => openExternal(url, window));
};
