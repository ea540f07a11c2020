/** `npm run test:sync-sim`: the simulator of the sync engine. Arguments go on to it: `-- --seeds N`, `-- --seed N`. */
import { run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
process.exitCode = await run(node, ["test/sync-sim/main.ts", ...process.argv.slice(2)]);
