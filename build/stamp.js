/** What `dist/` is built from, and whether it still is: each part is rebuilt only when a byte of its sources changed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, root } from "./root.js";

/** The parts of `dist/`: what each is made from, what it must contain, where its stamp is. */
export const parts = {
  host: {
    sources: ["electron", "shared", "build/bundle.ts", "package.json", "package-lock.json"],
    product: "dist/outpost.js",
    stamp: "dist/.host-stamp",
  },
  messages: {
    sources: ["renderer/i18n/messages", "build/i18n.ts", "package-lock.json"],
    product: "renderer/i18n/compiled/runtime.js",
    stamp: "renderer/i18n/compiled/.stamp",
  },
  page: {
    sources: ["renderer", "shared", "build/bundle.ts", "build/i18n.ts", "package-lock.json"],
    product: "dist/renderer/index.html",
    stamp: "dist/.page-stamp",
  },
  icons: {
    sources: ["build/icons", "renderer/assets", "package-lock.json"],
    product: "dist/icons/tray.png",
    stamp: "dist/.icons-stamp",
  },
};

/** What a build writes beside the sources it reads. */
const isGenerated = (path) => path.includes(join("i18n", "compiled"));

const filesUnder = (path) => {
  const whole = join(root, path);
  try {
    return readdirSync(whole, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => !isGenerated(file))
      .sort();
  } catch (error) {
    if (error.code === "ENOTDIR") return [whole];
    throw error;
  }
};

/** sha256 over the names and bytes of a part's sources. */
export const digestOfSources = (part) => {
  const hash = createHash("sha256");
  for (const file of part.sources.flatMap(filesUnder)) {
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
};

/** True when the part stands in `dist/` and was built from exactly today's sources. */
export const isFresh = (part) =>
  existsSync(join(root, part.product)) && readIfThere(join(root, part.stamp)) === digestOfSources(part);
