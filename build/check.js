/** `npm run check`: what must hold of the source before any test runs. Every step runs, so that one look shows all that is wrong. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./root.js";
import { setUp } from "./setup.js";
import { sourceFiles, todosIn } from "./source.js";
import { lineOf, saveTally } from "./tally.js";

const steps = {
  messages: ["build/i18n.ts"],
  types: ["node_modules/typescript/bin/tsc", "-p", ".", "--noEmit"],
  components: [
    "node_modules/svelte-check/bin/svelte-check",
    "--tsconfig",
    "tsconfig.json",
    "--fail-on-warnings",
    "--threshold",
    "warning",
  ],
  lint: [
    "node_modules/eslint/bin/eslint.js",
    "--max-warnings",
    "0",
    "--cache",
    "--cache-location",
    ".cache/eslint",
    ".",
  ],
  format: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
  layers: ["node_modules/vitest/vitest.mjs", "run", "--project", "layers"],
};

const node = await setUp();
mkdirSync(join(root, ".cache"), { recursive: true });
const env = { ...process.env, TEST_REPORT: join(root, ".cache", "vitest-layers.json") };
const tally = { passed: 0, failed: 0, skips: [] };
for (const [name, args] of Object.entries(steps)) {
  console.log(`\n== ${name}: ${args.join(" ")}`);
  const started = performance.now();
  const status = await run(node, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  console.log(`${name}: ${status === 0 ? "ok" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  tally[status === 0 ? "passed" : "failed"] += 1;
}

const todos = sourceFiles().flatMap((file) =>
  todosIn(readFileSync(join(root, file), "utf8")).map((line) => `${file}: ${line}`),
);
console.log(`\n== known gaps: ${todos.length}`);
for (const todo of todos) console.log(todo);
saveTally("check", tally);
console.log(`\ncheck: ${lineOf(tally)}`);
process.exitCode = tally.failed > 0 ? 1 : 0;
