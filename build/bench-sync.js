/** `npm run bench:sync`: what syncing costs a host, each figure with its goal. Arguments go on to the bench. */
import { ensureBuilt } from "./built.js";
import { run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
await ensureBuilt(node);
process.exitCode = await run(node, ["test/bench/sync.ts", ...process.argv.slice(2)]);
