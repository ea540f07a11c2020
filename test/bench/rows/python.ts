import { join } from "node:path";
import { runPython } from "../../helpers/python.ts";
import type { Row } from "../row.ts";

/** What a script notices: most of a call's time is the client's own. */
export const pythonClient: Row = {
  name: "python-client",
  mostRounds: 3,
  kinds: ["mlflow", "outpost"],
  lines: [{ key: "rate", label: "Python client, mlflow.log_metric, calls/s", better: "higher", factor: 3 }],
  measure: async ({ target, sizes }) => {
    const { url, folder } = await target();
    const script = join(import.meta.dirname, "../log_metric.py");
    const output = await runPython([script, String(sizes.pythonCalls)], { trackingUri: url, cwd: folder });
    const rate = Number(output.trim().split("\n")[0]);
    if (!(rate > 0)) throw new Error(`the client printed ${output}`);
    return { values: { rate } };
  },
};
