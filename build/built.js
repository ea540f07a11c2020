/** Makes sure that `dist/` is built from today's sources. */
import { giveUp, run, say } from "./root.js";
import { withLock } from "./lock.js";
import { isFresh, parts } from "./stamp.js";

const isBuilt = () => Object.values(parts).every(isFresh);

/** Builds what is stale; a second call costs reading the sources once. Leaves with one line when the build fails. */
export const ensureBuilt = async (node) => {
  if (isBuilt()) return;
  await withLock("build", async () => {
    if (isBuilt()) return;
    say("building");
    const status = await run(node, ["build/bundle.ts"], { stdio: ["ignore", 2, 2] });
    if (status !== 0) giveUp("the build failed; its messages are above");
  });
};
