import { expect, test } from "vitest";
import { licencesOf, packagesIn } from "../../build/licences.ts";

test("the packages of a bundle are those that its inputs come from, each once", () => {
  expect(
    packagesIn([
      "electron/cli/main.ts",
      "node_modules/fastify/lib/route.js",
      "/x/node_modules/@lucide/svelte/dist/a.js",
      "C:\\x\\node_modules\\@lucide\\svelte\\dist\\b.js",
      "node_modules/a/node_modules/b/index.js",
    ]),
  ).toEqual(["@lucide/svelte", "b", "fastify"]);
});

test("a licence has its name and its text; a package that is not there is left out", () => {
  const [one, ...others] = licencesOf(["svelte", "no-such-package"]);
  expect(others).toEqual([]);
  expect(one).toMatchObject({ name: "svelte", licence: "MIT" });
  expect(one?.text).toContain("Permission is hereby granted");
});
