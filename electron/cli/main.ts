/** Composition root under plain Node: servers, CI, machines without a screen, and the commands that talk to a host. */
import { keepCompiled } from "../host/compile-cache.ts";
import { takeEnvironment } from "../host/environment.ts";

keepCompiled(import.meta.url);
const { runCli } = await import("./run.ts");
process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  env: takeEnvironment(process.env),
});
