/** `npm run bench:shell`: the desktop app's start and its main thread under load. Arguments go on to the bench. */
import { ensureBuilt } from "./built.js";
import { findChromium } from "./chromium.js";
import { giveUp, run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
const chromium = findChromium();
if (!chromium) giveUp("no Chromium found: install one, or name it in CHROMIUM_PATH");
await ensureBuilt(node);
process.exitCode = await run(node, ["test/bench/shell.ts", ...process.argv.slice(2)], {
  env: { ...process.env, CHROMIUM_PATH: chromium },
});
