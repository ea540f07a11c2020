/** `npm run --silent outpost -- COMMAND`: the command line from a checkout. Set-up and build speak on stderr only. */
import { join } from "node:path";
import { ensureBuilt } from "./built.js";
import { isRunByNpm, root, run } from "./root.js";
import { setUp } from "./setup.js";

const node = await setUp();
await ensureBuilt(node);
// npm runs its scripts in the checkout; a relative path on the command line means the folder it was typed in.
const cwd = (isRunByNpm() && process.env.INIT_CWD) || process.cwd();
process.exitCode = await run(node, [join(root, "dist", "outpost.js"), ...process.argv.slice(2)], { cwd });
