/** `npm run bench:interface`: Outpost's interface beside MLflow's in a real browser. Arguments go on to the bench. */
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
process.exitCode = await run(node, ["test/bench/interface.ts", ...process.argv.slice(2)], { env });
