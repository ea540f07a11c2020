import { fileURLToPath } from "node:url";

/** Where a thread's or child's own file is: beside the asking one, as TypeScript in a checkout and as JavaScript in a bundle. */
export const entryBeside = (importer: string, name: "worker" | "reader"): URL =>
  new URL(`./${name}${importer.endsWith(".ts") ? ".ts" : ".js"}`, importer);

/** Where the built interface is: in `dist/`, beside the bundle or above a checkout's sources. */
export const pageFolder = (importer: string): string =>
  fileURLToPath(new URL(importer.endsWith(".ts") ? "../../dist/renderer" : "./renderer", importer));
