/** Keeps what V8 made of the bundle beside it, so that the next start need not compile it again. */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Call it with the bundle's URL before the bulk of it is imported. Where the folder cannot be written, which a start
 * must not mind, nothing is kept; a checkout's sources are compiled by Node's type stripper, which has no use for it.
 */
export const keepCompiled = (importer: string): void => {
  if (importer.endsWith(".js")) enableCompileCache(fileURLToPath(new URL("./compiled", importer)));
};
