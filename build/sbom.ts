/**
 * The list of what is inside a package, as CycloneDX 1.6. It is made from what the bundler took in, not from `package.json`: a
 * development package whose code is in the page counts, a dependency of which no line is shipped does not. Without time or serial
 * number, so that the same sources give the same bytes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Licence } from "./licences.ts";
import { root } from "./root.js";

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Component {
  readonly type: "application" | "framework" | "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly licenses?: readonly unknown[];
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** What a package consists of beside npm's packages: runs it, or is compiled into one of them. */
export interface Part {
  readonly type: "framework" | "library";
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

const lockedPackages = (): Readonly<Record<string, Locked>> =>
  (JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> }).packages;

/** A package's address: `pkg:npm/%40scope/name@1.0.0`. */
export const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

const licenceOf = (text: string): readonly unknown[] =>
  / (?:OR|AND|WITH) /.test(text) ? [{ expression: text }] : [{ license: { id: text } }];

/** The lockfile's `sha512-base64` as CycloneDX writes it. */
const hashesOf = (integrity: string | undefined): Pick<Component, "hashes"> => {
  const base64 = /^sha512-(\S+)$/.exec(integrity ?? "")?.[1];
  return base64 === undefined
    ? {}
    : { hashes: [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }] };
};

const libraryOf = ({ name, version, licence }: Licence, locked: Locked | undefined): Component => {
  const [scope, plain = name] = name.startsWith("@") ? name.split("/") : [undefined, name];
  return {
    type: "library",
    "bom-ref": purlOf(name, version),
    name: plain,
    ...(scope !== undefined && { group: scope }),
    version,
    licenses: licenceOf(licence),
    purl: purlOf(name, version),
    ...hashesOf(locked?.version === version ? locked.integrity : undefined),
  };
};

const partOf = ({ type, name, version, licence }: Part): Component => {
  const purl = type === "framework" ? purlOf(name, version) : `pkg:generic/${name}@${version}`;
  return { type, "bom-ref": purl, name, version, licenses: licenceOf(licence), purl };
};

/** The bill of materials as text, with a final line feed. */
export const sbomOf = (
  app: { readonly name: string; readonly version: string; readonly license: string },
  inside: readonly Licence[],
  parts: readonly Part[],
): string => {
  const lock = lockedPackages();
  const refs = new Map(inside.map(({ name, version }) => [name, purlOf(name, version)]));
  const self = purlOf(app.name, app.version);
  const dependencies = inside.map(({ name, version }) => ({
    ref: purlOf(name, version),
    dependsOn: Object.keys(lock[`node_modules/${name}`]?.dependencies ?? {})
      .flatMap((wanted) => refs.get(wanted) ?? [])
      .toSorted(),
  }));
  const others = parts.map(partOf);
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: {
        type: "application",
        "bom-ref": self,
        name: app.name,
        version: app.version,
        licenses: licenceOf(app.license),
        purl: self,
      } satisfies Component,
    },
    components: [...inside.map((one) => libraryOf(one, lock[`node_modules/${one.name}`])), ...others],
    dependencies: [
      { ref: self, dependsOn: [...refs.values(), ...others.map((one) => one["bom-ref"])].toSorted() },
      ...dependencies,
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
};
