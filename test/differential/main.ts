/**
 * `npm run test:differential -- --steps 3000 --seeds 5`: the full comparison with the real `mlflow server`.
 * `--reference URL` and `--candidate URL` take servers that run already; `--only REGEXP` narrows the calls;
 * `--first N` starts at that seed. Exit code 1 below 99.5 % or at a difference without a name.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startOutpost } from "../helpers/outpost-process.ts";
import { startMlflow } from "../helpers/python.ts";
import { play, reportText } from "./player.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    steps: { ...text, default: "3000" },
    seeds: { ...text, default: "5" },
    first: { ...text, default: "1" },
    show: { ...text, default: "20" },
    reference: text,
    candidate: text,
    only: text,
  },
});

const folder = mkdtempSync(join(tmpdir(), "outpost-differential-"));
const mlflow = values.reference === undefined ? await startMlflow(join(folder, "mlflow")) : undefined;
const outpost = values.candidate === undefined ? await startOutpost({ dataDir: join(folder, "outpost") }) : undefined;
const servers = { reference: values.reference ?? mlflow?.url ?? "", candidate: values.candidate ?? outpost?.url ?? "" };
let failed = false;
try {
  for (let seed = Number(values.first); seed < Number(values.first) + Number(values.seeds); seed++) {
    const only = values.only === undefined ? {} : { only: new RegExp(values.only) };
    const report = await play(servers, { seed, steps: Number(values.steps), ...only });
    process.stdout.write(`${reportText(report, Number(values.show))}\n`);
    failed ||= report.unexplained.length > 0 || report.agreed / report.steps < 0.995;
  }
} finally {
  await outpost?.stop();
  await mlflow?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
