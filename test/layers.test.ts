import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { isOwned, sourceFiles, todosIn } from "../build/source.js";

/** Who may import whom. A folder that is not named on the right is out of bounds; a layer may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  renderer: ["shared"],
  "electron/store": ["shared"],
  "electron/artifacts": ["shared"],
  "electron/remote": ["shared"],
  "electron/domain": ["shared", "electron/store", "electron/artifacts"],
  "electron/sync": ["shared", "electron/domain", "electron/store", "electron/artifacts", "electron/remote"],
  "electron/api": ["shared", "electron/domain"],
  "electron/host": [
    "shared",
    "electron/api",
    "electron/domain",
    "electron/store",
    "electron/artifacts",
    "electron/sync",
    "electron/remote",
  ],
  "electron/cli": ["shared", "electron/host"],
  "electron/shell": ["shared", "electron/host"],
  electron: ["electron/shell", "electron/host", "electron/cli"], // main.ts and headless.ts, the composition roots
};

/** Packages with one owner: no other folder may name them. */
const owners: Readonly<Record<string, RegExp>> = {
  electron: /^electron\/(?:shell\/|main\.ts$)/,
  "better-sqlite3": /^electron\/store\//,
  fastify: /^electron\/(?:api|host)\//,
  svelte: /^renderer\//,
};

const layers = Object.keys(allowed).sort((a, b) => b.length - a.length);
const layerOf = (path: string): string | undefined => layers.find((layer) => path.startsWith(`${layer}/`));
const packageOf = (name: string): string => name.split("/", name.startsWith("@") ? 2 : 1).join("/");

const importPattern = /(?:^|[;{}\s])(?:import|export)\b(?:[\w\s{},*$]+from)?\s*\(?\s*["']([^"']+)["']/gm;
const importsOf = (text: string): readonly string[] => [...text.matchAll(importPattern)].map(([, name = ""]) => name);

/** Why the import is wrong, or undefined where it is allowed. */
const complaint = (file: string, name: string): string | undefined => {
  if (name.startsWith("node:")) {
    return /^(?:shared|renderer)\//.test(file) ? `${file} imports ${name}, and has to run in a browser` : undefined;
  }
  if (!name.startsWith(".")) {
    const owner = owners[packageOf(name)];
    return !owner || owner.test(file) ? undefined : `${file} imports ${name}, which only ${owner.source} may`;
  }
  const target = posix.join(posix.dirname(file), name);
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === undefined) return `${file} lies in no layer`;
  if (target === "package.json" && from === "electron/host") return undefined; // the version, told to whoever asks
  if (to === from || (to !== undefined && allowed[from]?.includes(to))) return undefined;
  return `${file} imports ${name}: ${from} must not know ${to ?? "a place outside the layers"}`;
};

const read = (file: string): string => readFileSync(file, "utf8");
const product = sourceFiles(["shared", "electron", "renderer"]);

test("imports point one way, and each guarded package has one owner", () => {
  expect(product.length).toBeGreaterThan(10);
  const broken = product.flatMap((file) => importsOf(read(file)).flatMap((name) => complaint(file, name) ?? []));
  expect(broken).toEqual([]);
});

test.each([
  ["electron/api/mlflow/runs.ts", "../../store/runs.ts"],
  ["electron/store/runs.ts", "../domain/tracking/runs.ts"],
  ["shared/errors.ts", "../electron/api/route.ts"],
  ["renderer/lib/api.ts", "../../electron/api/route.ts"],
  ["electron/domain/tracking/runs.ts", "fastify"],
  ["shared/api/wire.ts", "node:buffer"],
  ["electron/api/route.ts", "better-sqlite3"],
  ["electron/host/start.ts", "electron/main"],
  ["electron/host/start.ts", "../shell/app.ts"],
  ["electron/shell/app.ts", "../store/runs.ts"],
  ["electron/shell/app.ts", "../api/app.ts"],
  ["renderer/App.svelte", "../electron/shell/preload.ts"],
  ["electron/artifacts/blobs.ts", "../store/artifacts.ts"],
])("%s may not import %s", (file, name) => {
  expect(complaint(file, name)).toBeDefined();
});

test.each([
  [`import type { A } from "a";`, ["a"]],
  [`import "./side-effect.ts";`, ["./side-effect.ts"]],
  [`import {\n  b,\n  c,\n} from "../b.ts";`, ["../b.ts"]],
  [`const { d } = await import("d/e");`, ["d/e"]],
  [`export { f } from "./f.ts";\nexport const g = "./not-an-import.ts";`, ["./f.ts"]],
])("sees every form of import: %s", (text, names) => {
  expect(importsOf(text)).toEqual(names);
});

test("every import of our own code names the file with its ending", () => {
  const endings = /\.(?:ts|js|svelte|css|json|py|svg)(?:\?\w+)?$/;
  const vague = sourceFiles()
    .filter((file) => /\.(?:ts|svelte)$/.test(file))
    .flatMap((file) =>
      importsOf(read(file))
        .filter((name) => name.startsWith(".") && !endings.test(name))
        .map((name) => `${file}: ${name}`),
    );
  expect(vague).toEqual([]);
});

test("no file is over 400 lines", () => {
  const long = sourceFiles().flatMap((file) => {
    const lines = read(file).split("\n").length - 1;
    return lines > 400 ? [`${file}: ${String(lines)}`] : [];
  });
  expect(long).toEqual([]);
});

test("a known gap is written as TODO(area): consequence", () => {
  expect(sourceFiles().flatMap((file) => todosIn(read(file)).filter((todo) => !isOwned(todo)))).toEqual([]);
});

test("the gap check tells an owned TODO from a bare one", () => {
  const text = `// ${"TO" + "DO"}: later\n// ${"TO" + "DO"}(sync): pushes wait for the scheduler\nconst TODO = 1;\n`;
  expect(todosIn(text).map(isOwned)).toEqual([false, true]);
});
