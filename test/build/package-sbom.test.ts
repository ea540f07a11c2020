import { expect, test } from "vitest";
import { licencesOf } from "../../build/licences.ts";
import { purlOf, sbomOf } from "../../build/sbom.ts";

const app = { name: "outpost", version: "1.2.3", license: "MIT" };
const inside = licencesOf(["@lucide/svelte", "fastify", "pino"]);
const text = sbomOf(app, inside, [{ type: "library", name: "sqlite", version: "3.50.0", licence: "blessing" }]);
interface Bom {
  readonly metadata: { readonly component: Readonly<Record<string, unknown>> };
  readonly components: readonly {
    readonly "bom-ref": string;
    readonly name: string;
    readonly hashes?: readonly { readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
const bom = JSON.parse(text) as Bom;

test("it names the app, what is inside with its digest, and what is compiled in", () => {
  expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  expect(bom.metadata.component).toMatchObject({ name: "outpost", version: "1.2.3" });
  expect(bom.components.map(({ name }) => name)).toEqual(["svelte", "fastify", "pino", "sqlite"]);
  expect(bom.components[0]).toMatchObject({ group: "@lucide", licenses: [{ license: { id: "ISC" } }] });
  for (const one of bom.components.slice(0, 3)) expect(one.hashes?.[0]?.content).toMatch(/^[0-9a-f]{128}$/);
});

test("every reference in its graph is declared, and only what is inside appears", () => {
  const known = new Set([bom.metadata.component["bom-ref"], ...bom.components.map((one) => one["bom-ref"])]);
  const named = bom.dependencies.flatMap((one) => [one.ref, ...one.dependsOn]);
  expect(named.filter((ref) => !known.has(ref))).toEqual([]);
  const fastify = inside.find(({ name }) => name === "fastify")!;
  const pino = inside.find(({ name }) => name === "pino")!;
  expect(bom.dependencies.find((one) => one.ref === purlOf("fastify", fastify.version))?.dependsOn).toEqual([
    purlOf("pino", pino.version),
  ]);
});

test("it is the same text each time, without a date, a serial number or a place", () => {
  expect(sbomOf(app, inside, [{ type: "library", name: "sqlite", version: "3.50.0", licence: "blessing" }])).toBe(text);
  expect(text).not.toMatch(/timestamp|serialNumber|node_modules|\d{4}-\d\d-\d\dT/);
});

test("a scope is escaped in a package's address, an expression of licences is not taken for one", () => {
  expect(purlOf("@a/b", "1.0.0")).toBe("pkg:npm/%40a/b@1.0.0");
  const dual = JSON.parse(sbomOf(app, [{ name: "x", version: "1.0.0", licence: "(MIT OR Apache-2.0)", text: "" }], []));
  expect(dual.components[0].licenses).toEqual([{ expression: "(MIT OR Apache-2.0)" }]);
});
