/** The real host's thread, which dies when a file `die` appears beside its data folder; `die always` kills every later one too. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { workerData } from "node:worker_threads";

const order = `${String(workerData.dataDir)}.die`;
const isOrdered = (): boolean => {
  if (!existsSync(order)) return false;
  if (readFileSync(order, "utf8") !== "always") rmSync(order);
  return true;
};
setInterval(() => {
  if (isOrdered()) throw new Error("killed by the test");
}, 20).unref();
await import("../../electron/host/worker.ts");
