/**
 * F11: the disk fails its syncs in the midst of a sync, and says EIO. Nothing is acknowledged from then on, not even when
 * it is well again; reads go on. A new start looks at every page, and the next syncs find what was done.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { integrityOf } from "../integrity.ts";
import { expectWell, heal, type Stage } from "./cell.ts";
import { compileFailingDisk, withFailingDisk } from "./failing-disk.ts";
import { openLanes } from "./lanes.ts";
import { expectReads, inScene, newFolder, refusalOf, rehearse, type Rehearsal, saidBy, saidWhileWaiting, sendingOf, stepBefore, stepsOf, syncSaid } from "./local-play.ts"; // prettier-ignore
import { isPlayed, operations, type Operation, type Played } from "./matrix.ts";
import { type Station, startStation } from "./station.ts";

const LONG = 600_000; // a machine may be busy with much else
const isAll = process.env["ALL_CELLS"] !== undefined;
const DAILY: Operation = "O2";
const STOPPED =
  /507 .*RESOURCE_EXHAUSTED.*The disk failed to take a write.*until Outpost is started again; reading works/;

const tools = mkdtempSync(join(tmpdir(), "outpost-eio-"));
const library = compileFailingDisk(tools);
const skipped = library === undefined ? " (skipped: it needs Linux and a C compiler, cc)" : "";

const numberOf = (operation: Operation): number => Number(operation.slice(1));
const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name);
const list = Object.keys(operations)
  .filter(isOperation)
  .filter(isPlayed)
  .filter((operation) => isAll || operation === DAILY);

const lanes = openLanes(isAll ? 5 : 1);
let rehearsal: Rehearsal | undefined;
beforeAll(async () => {
  if (isAll && library !== undefined) rehearsal = await lanes.use(rehearse);
}, LONG);
afterAll(async () => {
  await lanes.close();
  rmSync(tools, { recursive: true, force: true });
});

/** A folder, and a process whose disk fails below it (or a part of it) once `when` is there. */
const failing = (part = "") => {
  const folder = newFolder();
  const when = join(folder, "when");
  const env = library === undefined ? {} : withFailingDisk(library, "EIO", { when, below: join(folder, "data", part) });
  return { folder, when, env };
};

/** No write is taken, though the disk is well again. */
const expectStopped = async (station: Station, when: string): Promise<void> => {
  expect(await refusalOf(station)).toMatch(STOPPED);
  rmSync(when);
  expect(await refusalOf(station)).toMatch(STOPPED);
  expect(existsSync(join(station.dataDir, "outpost.db.damaged")), "the next start is told").toBe(true);
};

/** A start without the fault: it looks at every page, and all is well. */
const startAgain = async (station: Station, isInOrder: boolean): Promise<void> => {
  if (isInOrder) await station.stop();
  await station.restart();
  expect(existsSync(join(station.dataDir, "outpost.db.damaged")), "it was looked at").toBe(false);
  expect(integrityOf(station.dataDir)).toEqual(["ok"]);
};

type Moment = "note" | "answer";

const playFailing = async (stage: Stage, operation: Played, moment: Moment): Promise<void> => {
  const sending = sendingOf(operation);
  const { folder, when, env } = failing(operation === "O12" ? "artifacts" : "");
  const at = moment === "answer" || rehearsal === undefined ? sending : stepBefore(rehearsal, operation);
  const start = { env: { ...env, STRIKES: JSON.stringify(at === undefined ? [] : [{ at, touch: when }]) } };
  const fail = (): void => writeFileSync(when, "");
  await inScene(stage, operation, { folder, start }, async (scene) => {
    const { station, before, more } = scene;
    const pid = station.pid();
    if (sending !== undefined && at === undefined) fail(); // its note is the first that a sync keeps
    const said = sending === undefined ? saidWhileWaiting(stage, scene, operation, fail) : syncSaid(station, more);
    expect(await said).toMatch(/disk of the data folder|disk failed|artifact folder cannot be written/i);
    expect(station.pid(), "the process lives").toBe(pid);
    await expectReads(scene);
    await expectStopped(station, when);
    if (moment === "note") expect(stepsOf(folder), "nothing is sent without its note").not.toContain(sending);
    await startAgain(station, numberOf(operation) % 3 === 0);
    await heal(station, more);
    await expectWell(station, stage.double, before, more);
  });
  rmSync(folder, { recursive: true, force: true });
};

const WORDS = Buffer.alloc(300_000, "words ");
const fill = async (station: Station): Promise<void> => {
  const { run } = await station.mlflow("runs/create", { experiment_id: "0", run_name: "r" });
  await station.putFile(run, "f.bin", WORDS);
};
const made = (station: Station): string[] =>
  readdirSync(join(station.dataDir, "bundles")).filter((name) => name.endsWith(".tar"));
const anywhere = (station: Station): string[] =>
  readdirSync(join(station.dataDir, "bundles"), { recursive: true, encoding: "utf8" });

/** A workstation on a folder of its own, whose disk fails when the test says so. */
const withFailing = async (part: string, use: (station: Station, when: string) => Promise<void>): Promise<void> => {
  const { folder, when, env } = failing(part);
  const station = await startStation({ env }, folder);
  try {
    await use(station, when);
  } finally {
    await station.stop();
    station.remove();
  }
};

describe.skipIf(library === undefined)(`F11${skipped}`, () => {
  const played = (moment: Moment) => (operation: Played) => lanes.use((stage) => playFailing(stage, operation, moment));
  test.concurrent.each(list)("F11 %s: its answer cannot be kept", played("answer"), LONG);

  const noted = list.filter(
    (operation) => isAll && sendingOf(operation) !== undefined && numberOf(operation) % 2 === 0,
  );
  if (noted.length > 0) test.concurrent.each(noted)("F11 %s: its note cannot be kept", played("note"), LONG);

  test(
    "F11 O13: a bundle that the disk fails to take is none, and nothing is left of it",
    () =>
      withFailing("bundles", async (station, when) => {
        await fill(station);
        writeFileSync(when, "");
        expect(await saidBy(station, "bundles/create", { all: true })).toMatch(/medium failed while .* was written/);
        expect(anywhere(station)).toEqual([]);
        rmSync(when);
        expect(await saidBy(station, "bundles/create", { all: true })).toContain("made");
        expect(made(station)).toHaveLength(1);
      }),
    LONG,
  );

  test(
    "F11: an upload that the disk fails to take ends all writing until the next start",
    () =>
      withFailing("artifacts", async (station, when) => {
        const { run } = await station.mlflow("runs/create", { experiment_id: "0", run_name: "r" });
        writeFileSync(when, "");
        await expect(station.putFile(run, "f.bin", WORDS)).rejects.toThrow(/artifact folder cannot be written \(EIO\)/);
        await expectStopped(station, when);
        await startAgain(station, true);
        await station.putFile(run, "f.bin", WORDS);
        expect((await fileOf(station, run.info.run_id)).equals(WORDS)).toBe(true);
      }),
    LONG,
  );

  test(
    "F11 O14: a bundle whose files the disk fails to take comes in after the next start, once",
    () =>
      withFailing("", async (home) => {
        await fill(home);
        expect(await saidBy(home, "bundles/create", { all: true })).toContain("made");
        const [name = ""] = made(home);
        const { fingerprint: trust } = await home.call("GET", "/api/outpost/v1/bundles/keys");
        await withFailing("artifacts", async (station, when) => {
          await carry(home, station, name);
          const order = { place: "incoming", name, action: "import", trust };
          writeFileSync(when, "");
          expect(await saidBy(station, "bundles/open", order)).toMatch(/disk failed|cannot be written/);
          await expectStopped(station, when);
          await startAgain(station, false);
          expect(await saidBy(station, "bundles/open", order)).toContain("imported");
          const { runs } = await station.mlflow("runs/search", { experiment_ids: ["0"] });
          expect(runs).toHaveLength(1);
          expect((await fileOf(station, runs[0].info.run_id)).equals(WORDS)).toBe(true);
        });
      }),
    LONG,
  );
});

const carry = async (from: Station, to: Station, name: string): Promise<void> => {
  const bytes = new Uint8Array(readFileSync(join(from.dataDir, "bundles", name)));
  const address = `${to.url()}/api/outpost/v1/bundles/incoming/${name}`;
  const headers = { "content-type": "application/octet-stream" };
  expect((await fetch(address, { method: "PUT", headers, body: bytes })).status).toBe(200);
};

const fileOf = async (station: Station, runId: string): Promise<Buffer> => {
  const address = `${station.url()}/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/f.bin`;
  return Buffer.from(await (await fetch(address)).arrayBuffer());
};
