/** The host as users run it, in this process: its own data folder, its gate, its route table as Fastify was told it. */
import { channel } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { runHost } from "../../electron/host/host.ts";

export interface RouteEntry {
  readonly method: string;
  readonly url: string;
}

export interface RunningHost {
  readonly port: number;
  readonly folder: string;
  /** Every route that was mounted, by any part. */
  readonly routes: readonly RouteEntry[];
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

const isApp = (message: unknown): message is { readonly fastify: FastifyInstance } =>
  typeof message === "object" && message !== null && "fastify" in message;

/** Fastify announces each new instance, before its routes. Source: fastify.io/docs/latest/Reference/Hooks (diagnostics channel). */
const initialized = channel("fastify.initialization");

/** Starts it; the caller closes it. */
export const startHost = async (flags: Readonly<Record<string, unknown>> = {}): Promise<RunningHost> => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-security-"));
  const routes: RouteEntry[] = [];
  const complaints: string[] = [];
  const watch = (message: unknown): void => {
    if (!isApp(message)) return;
    message.fastify.addHook("onRoute", ({ method, url }) => {
      for (const each of [method].flat()) routes.push({ method: each, url });
    });
  };
  initialized.subscribe(watch);
  try {
    const options = { dataDir: folder, flags: { port: 0, ...flags }, env: {}, version: "0.0.0-test" };
    const host = await runHost(options, { toPerson: (line) => void complaints.push(line) });
    const close = async (): Promise<void> => {
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    };
    return { port: host.port, folder, routes, complaints, close };
  } finally {
    initialized.unsubscribe(watch);
  }
};
