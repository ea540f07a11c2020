/**
 * A test run has a place of its own for temporary folders, so that nothing it writes goes unseen: what lies there in the
 * end, and all that the runners have said, is looked through for secrets (`test/canary`).
 */
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./root.js";

/** Its environment is for the runners; `onStart` goes to `run` for each, with output piped. */
export const openWatch = () => {
  const folder = mkdtempSync(join(tmpdir(), "op-")); // short: names of sockets below it are bounded
  const [temporary, output, ledger] = ["t", "output", "ledger"].map((name) => join(folder, name));
  for (const path of [temporary, output]) mkdirSync(path);
  chmodSync(temporary, 0o1777); // as any system's place for temporary files
  const keep = (name) => (child) => {
    const pass = (from, to) =>
      from.on("data", (chunk) => {
        appendFileSync(join(output, name), chunk);
        to.write(chunk);
      });
    pass(child.stdout, process.stdout);
    pass(child.stderr, process.stderr);
  };
  return {
    env: { TMPDIR: temporary, TEMP: temporary, TMP: temporary, CANARY_LEDGER: ledger },
    keep,
    /** Prints each place of a secret and one line of all; true when there is none. The folder is gone afterwards. */
    close: async (node) => {
      const status = await run(node, ["test/canary/main.ts", temporary, ledger, output]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return status === 0;
    },
  };
};
