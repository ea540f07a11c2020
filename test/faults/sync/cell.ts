/** One cell of the matrix: work on one workstation, a fault, its end, and all is as if there had been none. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../../doubles/gitlab/start.ts";
import { integrityOf } from "../integrity.ts";
import { leaksOf } from "./canary.ts";
import { type Played, type Target, targets } from "./matrix.ts";
import { type Json, type Station, type StationStart, startStation } from "./station.ts";
import { contentOf, editStation, fillStation, heldBy, wholeOf, writesOf } from "./work.ts";

export const TOKEN = "maintainer";
/** Syncs after a fault has gone, at most: a slow machine may lose a call of its own. */
const MOST_SYNCS = 8;

export interface Stage {
  readonly double: GitlabDouble;
  /** A workstation with work that no remote knows. */
  readonly full: () => Promise<string>;
  /** One that holds nothing. */
  readonly empty: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Folders are made once and copied: each cell begins with the same bytes. */
export const openStage = async (): Promise<Stage> => {
  const double = await startGitlabDouble([]);
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
    full: () => copyOf("full"),
    empty: () => copyOf("empty"),
    close: async () => {
      await double.stop();
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

export interface Fault {
  /** What the double does to the call that the operation makes. */
  readonly rules?: readonly object[];
  /** Ends what the rules alone do not end: a token that has expired. */
  readonly heal?: readonly object[];
  readonly start?: StationStart;
  readonly settleMs?: number;
  /** The process ends while the operation is under way. */
  readonly kill?: boolean;
}

const strike = async (double: GitlabDouble, operation: Played, { rules = [] }: Fault): Promise<void> => {
  const { match }: Target = targets[operation];
  await double.control("POST", "rules", {
    rules: rules.map((fault) => ("match" in fault ? fault : { match, fault })),
  });
};

/** Syncs until it says done. */
export const heal = async (station: Station, more: object): Promise<void> => {
  let end = await station.run(more);
  for (let n = 1; n < MOST_SYNCS && end.outcome !== "done"; n++) end = await station.run(more);
  expect(end).toEqual({ outcome: "done", problem: "" });
};

/** Nothing is lost or doubled, here or there, and one more sync has nothing to write. */
export const expectWell = async (station: Station, double: GitlabDouble, before: Json, more: object): Promise<void> => {
  const description = before.models[0][1];
  expect(await contentOf(station)).toEqual(before);
  expect(await heldBy(double)).toEqual(wholeOf(description));
  const writes = await writesOf(double);
  await heal(station, more);
  expect(await writesOf(double), "writes of one more sync").toBe(writes);
  expect(integrityOf(station.dataDir)).toEqual(["ok"]);
};

/** Syncs under the fault, whatever comes of it. */
const syncUnder = async (station: Station, double: GitlabDouble, fault: Fault, more: object): Promise<void> => {
  const dies = fault.start?.killAt !== undefined || fault.kill === true;
  if (!dies) {
    await station.run(more);
    return;
  }
  const dead = station.runUntilDead();
  if (fault.kill === true) {
    await expect
      .poll(async () => (await double.control("GET", "rules")).some(({ struck }: Json) => struck > 0), {
        timeout: 60_000,
      })
      .toBe(true);
    await station.kill();
  }
  await dead;
};

/** What the fault's rules met; a cell whose fault never came proves nothing. */
const expectStruck = async (double: GitlabDouble, { rules = [] }: Fault): Promise<void> => {
  if (rules.length === 0) return;
  const [first] = await double.control("GET", "rules");
  expect(first.struck, "the fault has come").toBeGreaterThan(0);
};

/** An effect that comes late is still to come: what is checked before it proves nothing. */
const isOutstanding = async (double: GitlabDouble): Promise<boolean> =>
  (await double.control("GET", "log")).some(({ fault, done }: Json) => fault === "late-effect" && done === false);

export const playCell = async (stage: Stage, operation: Played, fault: Fault): Promise<void> => {
  const { double } = stage;
  const { scene }: Target = targets[operation];
  await double.control("POST", "reset", {});
  const stations: Station[] = [];
  const open = async (folder: string, start: StationStart = {}): Promise<Station> => {
    if (fault.settleMs !== undefined) letSettleFor(folder, fault.settleMs);
    const station = await startStation(start, folder);
    stations.push(station);
    return station;
  };
  try {
    const first = await open(await stage.full(), scene === "push" ? fault.start : {});
    if (scene !== "push") await heal(first, {});
    if (scene === "edit") {
      await editStation(first);
      if (fault.start) await first.restart(fault.start);
    }
    const before = await contentOf(first);
    const station = scene === "pull" ? await open(await stage.empty(), fault.start) : first;
    const more = scene === "pull" ? { what: "pull" } : {};
    await strike(double, operation, fault);
    await syncUnder(station, double, fault, more);
    await expectStruck(double, fault);
    await expect.poll(() => isOutstanding(double), { timeout: 60_000 }).toBe(false);
    await double.control("DELETE", "rules");
    await double.control("POST", "actions", { actions: fault.heal ?? [] });
    if (fault.kill === true || fault.start?.killAt !== undefined) await station.restart();
    await heal(station, more);
    await expectWell(station, double, before, more);
  } finally {
    for (const station of stations) await station.stop();
    const leaks = stations.flatMap((station) => leaksOf(station.folder, station.output(), [double.token(TOKEN)]));
    for (const station of stations) station.remove();
    expect(leaks, "places where a token is written").toEqual([]);
  }
};
