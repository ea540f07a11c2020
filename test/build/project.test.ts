import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../build/root.js";

interface Package {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}
interface Lockfile {
  readonly packages: Readonly<Record<string, Package>>;
}
interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const text = (path: string): string => readFileSync(join(root, path), "utf8");
const lockfile = JSON.parse(text("package-lock.json")) as Lockfile;
const manifest = JSON.parse(text("package.json")) as Manifest;

test("the lockfile pins contents, not places: any registry can serve it", () => {
  const packages = Object.entries(lockfile.packages).filter(([path]) => path !== "");
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  expect(packages.filter(([, entry]) => entry.integrity === undefined)).toEqual([]);
});

test("every dependency is pinned to one version, the one in the lockfile", () => {
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const locked = Object.keys(wanted).map((name) => [name, lockfile.packages[`node_modules/${name}`]?.version]);
  expect(Object.fromEntries(locked)).toEqual(wanted);
});

test("every script of package.json starts a file that is there", () => {
  const files = Object.values(manifest.scripts).flatMap((script) => script.match(/build\/\w+\.(?:js|ts)/g) ?? []);
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("the set-up scripts need no package: they run before any is installed", () => {
  const setUp = [
    "root",
    "lock",
    "setup",
    "python",
    "stamp",
    "built",
    "chromium",
    "tally",
    "run",
    "start",
    "outpost",
    "test",
  ];
  const foreign = setUp.flatMap((name) =>
    [...text(`build/${name}.js`).matchAll(/from "([^"]+)"/g)].flatMap(([, from = ""]) =>
      /^(?:node:|\.\/[\w-]+\.js$)/.test(from) ? [] : [`${name}.js: ${from}`],
    ),
  );
  expect(foreign).toEqual([]);
});

test("an unknown suite is refused by name, with the suites there are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["build/test.js", "konformance"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^outpost: no suite 'konformance': there are unit, conformance, .*\n$/);
});
