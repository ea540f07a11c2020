/** Gives a verified package to the system, after a person has said so. */
import { chmod } from "node:fs/promises";
import { DomainError } from "../../../shared/errors.ts";
import type { ShellContext } from "../context.ts";
import { buttons, type Phrase } from "../phrases.ts";
import { phrases } from "./phrases.ts";
import type { Expected, VerifiedPackage } from "./verify.ts";

type HandOverDeps = Pick<ShellContext, "electron" | "windows" | "say" | "quit" | "version">;

/** What comes after the yes. */
const nextOf = ({ kind }: Expected): Phrase =>
  kind === "exe" || kind === "msi" ? phrases.quits : kind === "AppImage" ? phrases.appImage : phrases.opens;

/** Shows a box over the window that is looked at, where there is one. */
export const showBox = (
  { electron, windows }: Pick<ShellContext, "electron" | "windows">,
  options: Electron.MessageBoxOptions,
): Promise<Electron.MessageBoxReturnValue> => {
  const window = windows.current();
  return window && !window.isDestroyed()
    ? electron.dialog.showMessageBox(window, options)
    : electron.dialog.showMessageBox(options);
};

/** Asks whether the package is to be installed: the versions, and by whose key it is signed. */
export const askToInstall = async (found: Expected, fingerprint: string, deps: HandOverDeps): Promise<boolean> => {
  const { say, version } = deps;
  const { response } = await showBox(deps, {
    type: found.age === "newer" ? "question" : "warning",
    message: say(phrases.question(found)),
    detail: [
      say(phrases.versions(version, found.version)),
      say(phrases.key(fingerprint)),
      ...(found.age === "older" ? [say(phrases.older)] : []),
      say(nextOf(found)),
    ].join("\n"),
    buttons: [say(found.kind === "AppImage" ? phrases.showFile : phrases.install), say(buttons.cancel)],
    defaultId: found.age === "newer" ? 0 : 1,
    cancelId: 1,
    noLink: true,
  });
  return response === 0;
};

/**
 * Lets the system have the copy. An installer for Windows replaces files of the app that runs: the app ends first.
 * @throws DomainError where the system does not open it
 */
export const handOver = async (found: VerifiedPackage, deps: HandOverDeps): Promise<void> => {
  const { electron, quit, say } = deps;
  const { path, kind } = found;
  const open = async (): Promise<void> => {
    const failure = await electron.shell.openPath(path);
    if (failure !== "")
      throw new DomainError(
        "unavailable",
        `The system does not open ${path}: ${failure}; open it yourself, it is verified`,
      );
  };
  if (kind === "exe" || kind === "msi")
    return quit(() => open().catch((error: unknown) => showRefusal(error, { electron, windows: deps.windows, say })));
  if (kind !== "AppImage") return open();
  await chmod(path, 0o755);
  electron.shell.showItemInFolder(path);
};

/** Says why no update was installed. */
export const showRefusal = async (
  error: unknown,
  deps: Pick<ShellContext, "electron" | "windows" | "say">,
): Promise<void> => {
  await showBox(deps, {
    type: "error",
    message: deps.say(phrases.refused),
    detail: error instanceof Error ? error.message : String(error),
    buttons: [deps.say(buttons.ok)],
    noLink: true,
  });
};
