/**
 * kill -9 under eight writers, again and again on one data folder. FULL_ROUNDS=1 (`npm run test:kill`) plays 200 rounds and
 * holds every start to 2 s; the few rounds of `npm test`, which share the machine with other work, hold the best one to it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { integrityOf } from "./integrity.ts";
import { type Acknowledged, lostOf, writeUntilCut } from "./writers.ts";

const isFull = process.env["FULL_ROUNDS"] !== undefined;
const rounds = isFull ? 200 : 5;
const dataDir = mkdtempSync(join(tmpdir(), "outpost-kill-"));

/** The process of a check or a backup outlives its killed parent for a moment, and may still write here. */
afterAll(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

const CONNECTION_CUT = /^(ECONNRESET|ECONNREFUSED|EPIPE)$/;
const wasCut = (error: unknown): boolean =>
  error instanceof Error && "code" in error && CONNECTION_CUT.test(String(error.code));

test(
  `${String(rounds)} × kill -9 under 8 writers: nothing acknowledged is lost, no batch is torn, ready again in 2 s`,
  async () => {
    const readyTimes: number[] = [];
    let writes = 0;
    for (let round = 0; round < rounds; round++) {
      const noted: Acknowledged = { runs: [], metrics: [], params: [], files: [] };
      const writing = await startOutpost({ dataDir });
      const stopped = writeUntilCut(writing.url, 8, noted);
      await vi.waitUntil(() => noted.metrics.length > 0, { timeout: 20_000 });
      await sleep(Math.random() * 700); // a moment that no schedule of the server knows
      await writing.kill();
      for (const reason of await stopped) expect(wasCut(reason), String(reason)).toBe(true);

      const again = await startOutpost({ dataDir });
      readyTimes.push(again.readyMs);
      expect(await lostOf(again.url, noted), `round ${String(round)}`).toEqual([]);
      expect(integrityOf(dataDir)).toEqual(["ok"]);
      await again.kill(); // the next round starts from an unclean end, too
      expect(noted.metrics.length).toBeGreaterThan(0);
      writes += noted.runs.length + noted.metrics.length + noted.params.length + noted.files.length;
    }
    const [best, slowest] = [Math.min(...readyTimes), Math.max(...readyTimes)];
    process.stdout.write(
      `${String(rounds)} rounds, ${String(writes)} acknowledged writes kept, ready again after ${best.toFixed(0)} to ${slowest.toFixed(0)} ms\n`,
    );
    expect(isFull ? slowest : best).toBeLessThan(2_000);
  },
  60_000 + rounds * 20_000,
);
