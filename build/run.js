/** `node build/run.js SCRIPT [ARGS…]`: sets up, then runs the script (TypeScript or JavaScript) with the right Node. */
import { run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
process.exitCode = await run(node, process.argv.slice(2));
