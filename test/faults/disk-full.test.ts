/** A full disk: what cannot be kept is refused with 507, what was kept stays, reads go on, and space makes it work again. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookThrough } from "../canary/removals.ts";
import { createHttpClient, type HttpAnswer, type HttpClient, textOf } from "../helpers/http-client.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { integrityOf } from "./integrity.ts";

const MIB = 1024 * 1024;
const disk = mkdtempSync(join(tmpdir(), "outpost-full-"));
const mounted =
  process.platform === "linux" && spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status === 0;
const dataDir = join(disk, "data");

const freeBytes = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Files below the folder that are neither the database nor a log. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const refusal = (answer: HttpAnswer): unknown => [answer.status, textOf(answer.json(), "error_code")];
const FULL = [507, "RESOURCE_EXHAUSTED"];

describe.skipIf(!mounted)(
  `a full disk${mounted ? "" : " (skipped: a tmpfs cannot be mounted here, which needs Linux and root)"}`,
  () => {
    let server: ServerProcess | undefined;
    let client: HttpClient;
    let run = "";
    let root = "";

    beforeAll(async () => {
      mkdirSync(dataDir);
      server = await startOutpost({ dataDir });
      client = createHttpClient(server.url);
      const made = (await client.mlflow("runs/create", { experiment_id: "0", start_time: 1 })).json();
      run = textOf(made, "run", "info", "run_id");
      root = `/api/2.0/mlflow-artifacts/artifacts/${textOf(made, "run", "info", "artifact_uri").replace("mlflow-artifacts:/", "")}`;
      expect((await client.send("PUT", `${root}/small.bin`, Buffer.from("fits"))).status).toBe(200);
    }, 60_000);

    afterAll(async () => {
      await server?.stop();
      expect(lookThrough(disk)).toEqual([]); // now: afterwards there is nothing to see
      spawnSync("umount", [disk]);
      rmSync(disk, { recursive: true, force: true });
    });

    test("an upload that does not fit is refused and leaves nothing behind (D01)", async () => {
      const [before, files] = [freeBytes(), filesIn(join(dataDir, "artifacts"))];
      expect(refusal(await client.send("PUT", `${root}/big.bin`, Buffer.alloc(40 * MIB, "x")))).toEqual(FULL);
      expect((await client.send("GET", `${root}/big.bin`)).status).toBe(404);
      expect(filesIn(join(dataDir, "artifacts"))).toEqual(files);
      expect(before - freeBytes()).toBeLessThan(MIB);
      expect((await client.send("PUT", `${root}/after.bin`, Buffer.from("fits"))).status).toBe(200);
    }, 60_000);

    test("writes on a full disk are refused, reads go on, and with space all is well again (D02)", async () => {
      const filler = join(disk, "filler");
      for (let left = freeBytes(); left > 0; left = freeBytes()) {
        try {
          writeFileSync(filler, Buffer.alloc(Math.min(left, MIB)), { flag: "a" });
        } catch (error) {
          if (error instanceof Error && "code" in error && error.code === "ENOSPC") break; // full: that is the point
          throw error;
        }
      }
      const kept: number[] = [];
      const refusals: unknown[] = [];
      for (let step = 0; step < 3_000 && refusals.length < 5; step++) {
        const answer = await client.mlflow("runs/log-metric", {
          run_id: run,
          key: `metric-${String(step % 50)}`,
          value: step,
          timestamp: step,
          step,
        });
        if (answer.status === 200) kept.push(step);
        else refusals.push(refusal(answer));
      }
      expect(refusals).toEqual([FULL, FULL, FULL, FULL, FULL]);
      expect(
        refusal(
          await client.mlflow("experiments/create", {
            name: "n".repeat(400),
            tags: [{ key: "k", value: "v".repeat(4_900) }],
          }),
        ),
      ).toEqual(FULL);
      expect(refusal(await client.send("PUT", `${root}/more.bin`, Buffer.alloc(MIB)))).toEqual(FULL);
      expect(refusal(await client.send("PUT", `${root}/little.bin`, Buffer.alloc(4096)))).toEqual(FULL);
      expect((await client.send("GET", `/api/2.0/mlflow/runs/get?run_id=${run}`)).status).toBe(200);
      expect((await client.mlflow("runs/search", { experiment_ids: ["0"] })).status).toBe(200);
      expect((await client.send("GET", `${root}/small.bin`)).body.toString()).toBe("fits");

      truncateSync(filler, 0);
      expect(
        (await client.mlflow("runs/log-metric", { run_id: run, key: "after", value: 1, timestamp: 1, step: 1 })).status,
      ).toBe(200);
      expect((await client.send("PUT", `${root}/more.bin`, Buffer.alloc(MIB))).status).toBe(200);
      expect(integrityOf(dataDir)).toEqual(["ok"]);

      await server?.kill();
      server = await startOutpost({ dataDir });
      client.close();
      client = createHttpClient(server.url);
      const found = new Set<number>();
      for (let key = 0; key < 50; key++) {
        const answer = await client.send(
          "GET",
          `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=metric-${String(key)}`,
        );
        const { metrics = [] } = answer.json() as { metrics?: { step: number }[] };
        for (const metric of metrics) found.add(metric.step);
      }
      expect([...found].toSorted((a, b) => a - b)).toEqual(kept);
    }, 120_000);
  },
);
