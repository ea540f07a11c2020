/**
 * Faults for a host, by files beside its data: `crash` throws in its thread, where a token is at hand; `exhaust` takes all
 * memory of the process, which ends it as no handler can. Loaded before the host, by `--import`.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, workerData } from "node:worker_threads";
import type { HostOptions } from "../../electron/host/protocol.ts";

const { FAULTS: folder = "" } = process.env;

const exhaust = (): void => {
  const all: unknown[] = [];
  if (existsSync(join(folder, "exhaust")))
    for (;;) all.push(Array.from({ length: 1_000_000 }, (_, at) => at + all.length));
};

/** An error that nobody catches, with what was sent in its words. */
const crash = ({ env }: HostOptions): void => {
  const sign = join(folder, "crash");
  if (!existsSync(sign)) return;
  rmSync(sign);
  const cause = new Error(`GET https://git.example/ by ${String(env["HTTPS_PROXY"])}`);
  const headers = { authorization: `Bearer ${String(env["OUTPOST_TOKEN_TEAM"])}` };
  const message = `no answer to Private-Token: ${String(env["OUTPOST_TOKEN_TEAM"])}`;
  throw Object.assign(new Error(message, { cause }), { headers });
};

const isHost = (data: unknown): data is HostOptions => typeof data === "object" && data !== null && "env" in data;
const given: unknown = workerData;
if (isMainThread) setInterval(exhaust, 20).unref();
else if (isHost(given)) setInterval(crash, 20, given).unref();
