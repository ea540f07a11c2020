/** Builds `dist/`: the host and the command line by esbuild, the page by Vite. `npm run build`, or any command that finds it stale. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "esbuild";
import { digestOfSources, isFresh, parts } from "./stamp.js";
import { compileMessages } from "./i18n.ts";
import { licencesOf, packagesIn } from "./licences.ts";
import { root } from "./root.js";

/** What runs under Node: name in `dist/` → source. A missing source fails the build. */
const entries = {
  outpost: "electron/cli/main.ts",
  worker: "electron/host/worker.ts",
  reader: "electron/host/reader.ts",
  main: "electron/main.ts",
};

/** Runs in the window before its page: a sandboxed script is one CommonJS file. */
const preload = { entry: "electron/shell/preload.ts", file: "dist/preload.cjs" };

/** CommonJS packages inside an ES module look for these three names. */
const commonJs = `import { createRequire as outpostRequire } from "node:module";
const require = outpostRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/**
 * Node's modules by `require`: an ES import of `node:http` reads every export at once, and one of them loads all of fetch, some 30 ms
 * in each thread.
 */
const requireBuiltins: Plugin = {
  name: "require-builtins",
  setup: (builder) => {
    builder.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "require-call" ? { path, external: true } : { path, namespace: "builtin" },
    );
    builder.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

const hostPackages = join(root, "dist", "host-packages.json");
/** Outside the host's bundle: the database's binding, with the two small packages that find its binary. */
const NATIVE = ["better-sqlite3", "bindings", "file-uri-to-path"];

/** Removes what an earlier build left under names that this one did not use. */
const removeOthers = (folder: string, kept: ReadonlySet<string>): void => {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".js") && !kept.has(name)) rmSync(join(folder, name));
  }
};

const buildHost = async (): Promise<void> => {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: "dist",
    bundle: true,
    splitting: true, // what a command or a thread imports on demand stays out of the start of the others
    chunkNames: "[name]-[hash]", // flat: a thread's entry is looked up beside the file that starts it
    format: "esm",
    platform: "node",
    target: "node22",
    external: ["better-sqlite3", "electron"], // the one finds its binary beside its own files, the other is the runtime itself
    plugins: [requireBuiltins],
    banner: { js: commonJs },
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  await build({
    absWorkingDir: root,
    entryPoints: [preload.entry],
    outfile: preload.file,
    bundle: true,
    format: "cjs",
    platform: "browser",
    target: "chrome140",
    external: ["electron/renderer"],
    legalComments: "none",
    logLevel: "warning",
  });
  writeFileSync(hostPackages, JSON.stringify(packagesIn(Object.keys(metafile.inputs))));
  rmSync(join(root, "dist", "compiled"), { recursive: true, force: true }); // of the bundle before
  removeOthers(join(root, "dist"), new Set(Object.keys(metafile.outputs).map((path) => basename(path))));
};

const compressible = /\.(?:js|css|html|svg|json|map|txt|webmanifest)$/;

/** Writes a `.br` and a `.gz` beside each file that gets smaller by it. */
const precompress = (folder: string): void => {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    const small = {
      br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      gz: gzipSync(bytes, { level: 9 }),
    };
    for (const [ending, packed] of Object.entries(small)) {
      if (packed.length < bytes.length) writeFileSync(`${file}.${ending}`, packed);
    }
  }
};

/** What several pages share comes in one file: a page of eighty small ones is slow to start, even from this machine. */
const common = {
  name: "common",
  minShareCount: 3,
  // Charts, menus and what reads files stay out of the pages that do not use them.
  test: (id: string): boolean =>
    !/chart|kurkle|bits-ui|floating-ui|toolbelt|runed|tabbable|internationalized|marked|purify|highlight|papaparse|parquet|yaml|compare/.test(
      id,
    ),
};

const buildPage = async (): Promise<void> => {
  const [{ build }, { svelte }] = await Promise.all([import("vite"), import("@sveltejs/vite-plugin-svelte")]);
  const next = join(root, "dist", "renderer.next");
  const inputs: string[] = [];
  await build({
    root: join(root, "renderer"),
    configFile: false,
    logLevel: "error", // warnings are the business of `npm run check`
    plugins: [
      svelte({ configFile: false }),
      {
        name: "packages",
        generateBundle: (_options, output) => {
          for (const part of Object.values(output))
            if (part.type === "chunk") for (const id of part.moduleIds) inputs.push(id);
        },
      },
    ],
    build: {
      outDir: next,
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0, // the page's Content-Security-Policy allows no data: URLs
      modulePreload: { polyfill: false },
      rolldownOptions: { output: { codeSplitting: { groups: [common] } } },
      reportCompressedSize: false,
    },
  });
  const host = JSON.parse(readFileSync(hostPackages, "utf8")) as string[];
  const names = new Set([...host, ...NATIVE, ...packagesIn(inputs)]);
  writeFileSync(join(next, "licences.json"), JSON.stringify(licencesOf([...names].toSorted())));
  precompress(next);
  const page = join(root, "dist", "renderer");
  rmSync(page, { recursive: true, force: true });
  renameSync(next, page);
};

const drawIcons = async (): Promise<void> => {
  const { createDraw, drawAppIcons } = await import("./icons/render.ts");
  drawAppIcons(await createDraw(), join(root, "dist", "icons"));
};

const builders = { messages: compileMessages, host: buildHost, page: buildPage, icons: drawIcons };

mkdirSync(join(root, "dist"), { recursive: true });
for (const name of ["messages", "host", "page", "icons"] as const) {
  const part = parts[name];
  if (isFresh(part)) continue;
  const digest = digestOfSources(part); // before the build: a source saved meanwhile makes the result stale, not falsely fresh
  rmSync(join(root, part.stamp), { force: true });
  await builders[name]();
  writeFileSync(join(root, part.stamp), digest);
}
