/** Finds Electron's binary, which no package brings along: it is fetched once, by a command of its own. */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

const names = { win32: "electron.exe", darwin: "Electron.app/Contents/MacOS/Electron" };

/** Path of the binary in `ELECTRON_OVERRIDE_DIST_PATH` or among the packages; undefined where there is none. */
export const findElectron = () => {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH || join(root, "node_modules", "electron", "dist");
  const file = join(folder, names[process.platform] ?? "electron");
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
};
