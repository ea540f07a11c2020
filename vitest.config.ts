import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** Folders that need more than this repository (a client, a browser, a server beside ours) or more than seconds. */
const heavy = ["conformance", "e2e", "faults", "differential", "shell", "desktop", "packages"];

/**
 * Node strips types by a WebAssembly module, and V8 may crash when threads that run one end while others drop its
 * call wrappers for faster ones (nodejs/node#64500): here wrappers stay as they are. The bundles have no types to strip.
 */
const execArgv = ["--wasm-wrapper-tiering-budget=2147483647"];

/** Looks for secrets in all that a test file leaves behind. */
const watch = "test/canary/watch.ts";

/** One at a time: they start servers and measure what happens under load. */
const heavyProject = (name: string) => ({
  test: {
    name,
    execArgv,
    setupFiles: [watch],
    include: [`test/${name}/**/*.test.ts`],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: process.env["TEST_REPORT"] ?? ".cache/vitest.json" }]],
    projects: [
      {
        test: {
          name: "unit",
          execArgv,
          include: ["test/**/*.test.ts"],
          exclude: ["test/layers.test.ts", "test/renderer/**", ...heavy.map((folder) => `test/${folder}/**`)],
          setupFiles: ["test/helpers/property-seed.ts", watch],
          testTimeout: 20_000,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ["browser"] },
        test: { name: "renderer", setupFiles: [watch], include: ["test/renderer/**/*.test.ts"] },
      },
      { test: { name: "layers", include: ["test/layers.test.ts"] } },
      ...heavy.map(heavyProject),
    ],
  },
});
