/** Entry of the host's thread. Nothing but the port between it and the composition root. */
import { parentPort, workerData } from "node:worker_threads";
import { keepCompiled } from "./compile-cache.ts";
import { toPlain, type FromHost, type HostOptions } from "./protocol.ts";
import { watchRest } from "./rest.ts";

const tell = (message: FromHost): void => parentPort?.postMessage(message);

try {
  keepCompiled(import.meta.url);
  const { runHost } = await import("./host.ts"); // only now: what is loaded before is compiled anew at every start
  const host = await runHost(workerData as HostOptions, { toPerson: (line) => void process.stderr.write(`${line}\n`) });
  // The one message there is says: stop.
  parentPort?.once("message", () => {
    host.close().then(
      () => tell({ type: "stopped" }),
      (error: unknown) => tell({ type: "failed", error: toPlain(error) }),
    );
  });
  watchRest();
  tell({ type: "ready", url: host.url, port: host.port, dataDir: host.dataDir });
} catch (error) {
  tell({ type: "failed", error: toPlain(error) });
}
