/** `npm run test:differential`: the full comparison with `mlflow server`. Arguments go on to it. */
import { ensureBuilt } from "./built.js";
import { setUpPython } from "./python.js";
import { run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
await setUpPython();
await ensureBuilt(node);
process.exitCode = await run(node, ["test/differential/main.ts", ...process.argv.slice(2)]);
