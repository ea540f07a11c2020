/** `npm run bench`: Outpost and `mlflow server` side by side, as a table with ratios. Arguments go on to the bench. */
import { ensureBuilt } from "./built.js";
import { setUpPython } from "./python.js";
import { run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
await setUpPython();
await ensureBuilt(node);
process.exitCode = await run(node, ["test/bench/main.ts", ...process.argv.slice(2)]);
