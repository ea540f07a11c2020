/** One cell of the matrix: work on one workstation, a fault, its end, and all is as if there had been none. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { expect } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../../doubles/gitlab/start.ts";
import { integrityOf } from "../integrity.ts";
import { leaksOf } from "./canary.ts";
import { explain } from "./diagnosis.ts";
import { OUTSIDE } from "./hostile.ts";
import { type Played, type Target, targets } from "./matrix.ts";
import { isStarved, type Json, type Station, type StationStart, startStation, type SyncEnd } from "./station.ts";
import { startTrap, type Trap } from "./trap.ts";
import { contentOf, editStation, fillStation, heldBy, wholeOf, writesOf } from "./work.ts";

export const TOKEN = "maintainer";
/** Syncs from the first one after a fault has gone, at most. */
const MOST_SYNCS = 3;
/** The longest time that an object of a play rests after a failure, ms: half an hour at the pace of a play. */
const LONGEST_REST_MS = 80_000;

export interface Stage {
  readonly double: GitlabDouble;
  /** Another host, where nothing may come. */
  readonly trap: Trap;
  /** A workstation with work that no remote knows. */
  readonly full: () => Promise<string>;
  /** One that holds nothing. */
  readonly empty: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Folders are made once and copied: each cell begins with the same bytes. */
export const openStage = async (): Promise<Stage> => {
  const double = await startGitlabDouble([]);
  const trap = await startTrap();
  const made = mkdtempSync(join(tmpdir(), "outpost-stage-"));
  const make = async (name: string, fill: (station: Station) => Promise<void>): Promise<void> => {
    const station = await startStation({}, join(made, name));
    await fill(station);
    await station.addRemote({ url: double.url, token: double.token(TOKEN), files: "all" });
    await station.stop();
  };
  await make("full", fillStation);
  await make("empty", () => Promise.resolve());
  const copyOf = (name: string): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), "outpost-sync-"));
    cpSync(join(made, name), folder, { recursive: true });
    return Promise.resolve(folder);
  };
  return {
    double,
    trap,
    full: () => copyOf("full"),
    empty: () => copyOf("empty"),
    close: async () => {
      await double.stop();
      await trap.close();
      rmSync(made, { recursive: true, force: true });
    },
  };
};

/** Longer than any late effect here, so that what the server is still at is waited for. */
export const letSettleFor = (folder: string, ms: number): void => {
  const db = new Sqlite(join(folder, "data/outpost.db"));
  try {
    db.prepare("UPDATE remotes SET settle_ms = ?").run(ms);
  } finally {
    db.close();
  }
};

/** One form of a fault. */
export interface Play {
  readonly name: string;
  /** What the double does to the call that the operation makes. */
  readonly rules?: readonly object[];
  /** Rules that need something of the double first. */
  readonly prepare?: (double: GitlabDouble) => Promise<readonly object[]>;
  /** Rules that lead to another host. */
  readonly elsewhere?: (address: string) => readonly object[];
  /** Ends what the rules alone do not end: a token that has expired. */
  readonly heal?: readonly object[];
  readonly start?: StationStart;
  readonly settleMs?: number;
  /** The process ends while the operation is under way. */
  readonly kill?: boolean;
  /** What is asked of each sync. */
  readonly more?: object;
  /** The sync that meets the fault ends well: it only takes longer. */
  readonly endsDone?: boolean;
  /** Uploads that stay there beside a newer one of their name. */
  readonly older?: number;
}

const rulesOf = async ({ double, trap }: Stage, play: Play): Promise<readonly object[]> => [
  ...(play.rules ?? []),
  ...(play.elsewhere?.(trap.url) ?? []),
  ...((await play.prepare?.(double)) ?? []),
];

/** Sets the rules; returns how many. */
const strike = async (stage: Stage, { match }: Target, play: Play): Promise<number> => {
  const rules = await rulesOf(stage, play);
  await stage.double.control("POST", "rules", { rules: rules.map((fault) => ({ match, fault })) });
  return rules.length;
};

const PATIENCE_MS = 120_000;

/** Asks until it is so; vitest's own polling knows no test where several run at once. */
const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
};

/** When the last of what failed is tried again, by the station's own clock; 0 where nothing rests. */
const restsUntil = (folder: string): number => {
  const db = new Sqlite(join(folder, "data/outpost.db"), { readonly: true });
  try {
    return db.prepare<[], number | null>("SELECT max(next_at) FROM sync_objects").pluck().get() ?? 0;
  } finally {
    db.close();
  }
};

/** Waits as long as the engine does, for objects that failed or for a remote that was down; that is no sync. */
const waitFor = async (station: Station, { problem }: SyncEnd): Promise<void> => {
  const [, seconds = "0"] = / is asked again in (\d+) s/.exec(problem) ?? [];
  const ms = Math.max(Number(seconds) * 1_000, restsUntil(station.folder) - station.now());
  if (ms > 0) await sleep(Math.min(ms + 50, LONGEST_REST_MS));
};

/** Syncs that a busy machine gave no turn, before it is a failure. */
const MOST_STARVED = 5;

/** One sync, begun again where the machine gave it no turn. */
const syncOnce = async (station: Station, more: object): Promise<SyncEnd> => {
  let end = await station.run(more);
  for (let n = 0; n < MOST_STARVED && isStarved(end); n++) end = await station.run(more);
  return end;
};

/** Syncs until it says done, in three at most. Returns how many it took. */
export const heal = async (station: Station, more: object): Promise<number> => {
  let end = await syncOnce(station, more);
  let syncs = 1;
  for (; syncs < MOST_SYNCS && end.outcome !== "done"; syncs++) {
    await waitFor(station, end);
    end = await syncOnce(station, more);
  }
  expect(end).toEqual({ outcome: "done", problem: "" });
  return syncs;
};

/** Nothing is lost or doubled, here or there, and one more sync has nothing to write. */
export const expectWell = async (
  station: Station,
  double: GitlabDouble,
  before: Json,
  more: object,
  older = 0,
): Promise<void> => {
  const description = before.models[0][1];
  expect(await contentOf(station)).toEqual(before);
  expect(await heldBy(double)).toEqual({ ...wholeOf(description), older });
  const writes = await writesOf(double);
  expect(await heal(station, more), "syncs that find that all is done").toBe(1);
  expect(await writesOf(double), "writes of one more sync").toBe(writes);
  expect(integrityOf(station.dataDir)).toEqual(["ok"]);
};

/** Whether one of the rules has met its call. */
const hasStruck = async (double: GitlabDouble): Promise<boolean> =>
  (await double.control("GET", "rules")).some(({ struck }: Json) => struck > 0);

/** Syncs under the fault, whatever comes of it. */
const syncUnder = async (station: Station, double: GitlabDouble, play: Play, more: object): Promise<void> => {
  const dies = play.start?.killAt !== undefined || play.kill === true;
  if (!dies) {
    let end = await station.run(more);
    for (let n = 0; n < MOST_STARVED && isStarved(end) && !(await hasStruck(double)); n++)
      end = await station.run(more);
    if (play.endsDone === true) expect(end.outcome, "of the sync that met the fault").toBe("done");
    return;
  }
  const dead = station.runUntilDead(more);
  if (play.kill === true) {
    await until("the fault has come", () => hasStruck(double));
    await station.kill();
  }
  await dead;
};

/** What the fault's rules met; a cell whose fault never came proves nothing. */
const expectStruck = async (double: GitlabDouble): Promise<void> => {
  const [first] = await double.control("GET", "rules");
  expect(first.struck, "the fault has come").toBeGreaterThan(0);
};

/** An effect that comes late is still to come: what is checked before it proves nothing. */
const isOutstanding = async (double: GitlabDouble): Promise<boolean> =>
  (await double.control("GET", "log")).some(({ fault, done }: Json) => fault === "late-effect" && done === false);

/** Nothing was written but in the folder, nothing was asked elsewhere, and no token is where it must not be. */
const expectNothingOutside = ({ trap }: Stage, stations: readonly Station[]): void => {
  for (const { folder } of stations) expect(["data", "steps"]).toEqual(expect.arrayContaining(readdirSync(folder)));
  expect(existsSync(join("/tmp", OUTSIDE)) || existsSync(join(tmpdir(), OUTSIDE)), OUTSIDE).toBe(false);
  expect(trap.asked(), "what came to another host").toEqual([]);
  const leaks = stations.flatMap((station) => leaksOf(station.folder, station.output()));
  expect(leaks, "places where a token is written").toEqual([]);
};

export interface Scene {
  /** Whose next sync it is. */
  readonly station: Station;
  /** What it holds, or is to hold in the end. */
  readonly before: Json;
  /** What is asked of each sync. */
  readonly more: object;
}

/** Opens a scene up to where its sync begins, on a host of its own that was started as `play` says. */
export const setScene = async (
  stage: Stage,
  scene: Target["scene"],
  play: Pick<Play, "start" | "settleMs" | "more">,
  stations: Station[],
): Promise<Scene> => {
  const open = async (folder: string, start: StationStart = {}): Promise<Station> => {
    if (play.settleMs !== undefined) letSettleFor(folder, play.settleMs);
    const station = await startStation(start, folder);
    stations.push(station);
    return station;
  };
  const first = await open(await stage.full(), scene === "push" ? play.start : {});
  if (scene !== "push") await heal(first, {});
  if (scene === "edit") {
    await editStation(first);
    if (play.start) await first.restart(play.start);
  }
  const before = await contentOf(first);
  const station = scene === "pull" ? await open(await stage.empty(), play.start) : first;
  return { station, before, more: { ...(scene === "pull" && { what: "pull" }), ...play.more } };
};

const act = async (stage: Stage, target: Target, play: Play, stations: Station[]): Promise<void> => {
  const { double } = stage;
  const { station, before, more } = await setScene(stage, target.scene, play, stations);
  const rules = await strike(stage, target, play);
  await syncUnder(station, double, play, more);
  if (rules > 0) await expectStruck(double);
  await until("what comes late has come", async () => !(await isOutstanding(double)));
  await double.control("DELETE", "rules");
  await double.control("POST", "actions", { actions: play.heal ?? [] });
  if (play.kill === true || play.start?.killAt !== undefined) await station.restart();
  await heal(station, more);
  await expectWell(station, double, before, more, play.older);
};

/** Runs it on stations that are ended in any case. @throws Error that tells what was asked and said */
export const onStage = async (
  stage: Stage,
  name: string,
  run: (stations: Station[]) => Promise<void>,
): Promise<void> => {
  await stage.double.control("POST", "reset", {});
  const stations: Station[] = [];
  try {
    await run(stations);
    for (const station of stations) await station.stop();
    expectNothingOutside(stage, stations);
  } catch (error) {
    throw await explain(error, name, stage.double, stations);
  } finally {
    for (const station of stations) {
      await station.stop();
      station.remove();
    }
  }
};

/** Plays one form of a fault against a call of the double. */
export const playTarget = (stage: Stage, target: Target, play: Play): Promise<void> =>
  onStage(stage, play.name, (stations) => act(stage, target, play, stations));

/** Plays one form of a fault against an operation. */
export const playCell = (stage: Stage, operation: Played, play: Play): Promise<void> =>
  playTarget(stage, targets[operation], { ...play, name: `${operation}, ${play.name}` });
