/** `npm run screenshots [-- NAME…]`: a picture of every page into `.cache/screenshots`, of real data in a real browser. */
import { ensureBuilt } from "./built.js";
import { findChromium } from "./chromium.js";
import { setUpPython } from "./python.js";
import { giveUp, run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
const chromium = findChromium();
if (!chromium) giveUp("no Chromium found: install one, or name it in CHROMIUM_PATH");
await setUpPython();
await ensureBuilt(node);
const env = { ...process.env, CHROMIUM_PATH: chromium };
process.exitCode = await run(node, ["build/screenshots.ts", ...process.argv.slice(2)], { env });
