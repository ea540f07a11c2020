/** Which packages are inside what we ship, with the licence text of each: for the About page and for whoever has to approve it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

export interface Licence {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

/** Names of the packages that a bundle's inputs come from: `…/node_modules/@a/b/c.js` → `@a/b`. */
export const packagesIn = (inputs: Iterable<string>): string[] => {
  const names = [...inputs].flatMap((input) => {
    const path = input.replaceAll("\\", "/");
    const inside = path.lastIndexOf("node_modules/");
    if (inside < 0) return [];
    const [first = "", second = ""] = path.slice(inside + "node_modules/".length).split("/");
    return first.startsWith("@") ? [`${first}/${second}`] : [first];
  });
  return [...new Set(names)].toSorted();
};

/** @throws Error for a package without a licence: nothing of unknown rights is shipped */
const readLicence = (name: string): Licence => {
  const folder = join(root, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    version: string;
    license?: string;
  };
  const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8") : "";
  const licence = license ?? /^\s*(?:The )?(MIT|ISC|Apache|BSD)\b/.exec(text)?.[1];
  if (licence === undefined) throw new Error(`${name} ${version} names no licence: it cannot be shipped`);
  return { name, version, licence, text };
};

/** The licences of packages by name; one that a hoisted tree does not hold at its top is left to the package that brought it. */
export const licencesOf = (names: readonly string[]): Licence[] =>
  names.filter((name) => existsSync(join(root, "node_modules", name, "package.json"))).map(readLicence);
