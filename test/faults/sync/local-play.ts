/** Plays of what its own machine does to a workstation in the midst of a sync, in the scenes of the cells. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { leaksOf } from "./canary.ts";
import { heal, type Stage } from "./cell.ts";
import { type Played, type Target, targets } from "./matrix.ts";
import { type Json, type Station, type StationStart, startStation } from "./station.ts";
import { contentOf, editStation } from "./work.ts";

/** Names of the steps of a folder's processes so far, as they came. */
export const stepsOf = (folder: string): readonly string[] => {
  const path = join(folder, "steps");
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
};

export type Rehearsal = Readonly<Record<"push" | "edit", readonly string[]>>;

/** The steps of each scene that writes, as a process of its own takes them without a fault. */
export const rehearse = async (stage: Stage): Promise<Rehearsal> => {
  await stage.double.control("POST", "reset", {});
  const folder = await stage.full();
  const station = await startStation({}, folder);
  try {
    await heal(station, {});
    const push = stepsOf(folder);
    await editStation(station);
    rmSync(join(folder, "steps"));
    await station.restart();
    await heal(station, {});
    return { push, edit: stepsOf(folder) };
  } finally {
    await station.stop();
    station.remove();
  }
};

/** The operation's note is committed and it is about to be sent; undefined where nothing is written there. */
export const sendingOf = (operation: Played): string | undefined => {
  const { step }: Target = targets[operation];
  return step && `${step[0]}/sending#${String(step[1])}`;
};

/** The step before the operation's note is committed. */
export const stepBefore = ({ push, edit }: Rehearsal, operation: Played): string | undefined => {
  const { scene }: Target = targets[operation];
  const steps = scene === "edit" ? edit : push;
  const at = steps.indexOf(sendingOf(operation) ?? "");
  expect(steps[at - 1], `the note of ${operation} in its scene`).toMatch(/^commit\//);
  return steps[at - 2];
};

export interface Scene {
  readonly station: Station;
  /** What the workstation holds, or is to hold in the end. */
  readonly before: Json;
  /** What is asked of each sync. */
  readonly more: object;
}

export interface Setting {
  /** Where the workstation shall lie: made, and empty. */
  readonly folder: string;
  readonly start: StationStart;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "outpost-sync-"));

/** Opens the operation's scene up to where its sync begins, and closes it when `use` has ended. */
export const inScene = async (
  stage: Stage,
  operation: Played,
  { folder, start }: Setting,
  use: (scene: Scene) => Promise<void>,
): Promise<void> => {
  const { scene }: Target = targets[operation];
  const stations: Station[] = [];
  const open = async (from: string, begin: StationStart, to = from): Promise<Station> => {
    if (to !== from) {
      mkdirSync(to, { recursive: true });
      cpSync(from, to, { recursive: true });
      rmSync(from, { recursive: true });
    }
    const station = await startStation(begin, to);
    stations.push(station);
    return station;
  };
  await stage.double.control("POST", "reset", {});
  try {
    if (scene === "pull") {
      const first = await open(await stage.full(), {});
      await heal(first, {});
      const before = await contentOf(first);
      await first.stop();
      await use({ station: await open(await stage.empty(), start, folder), before, more: { what: "pull" } });
    } else {
      const station = await open(await stage.full(), scene === "push" ? start : {}, folder);
      if (scene === "edit") {
        await heal(station, {});
        await editStation(station);
        rmSync(join(folder, "steps"));
        await station.restart(start);
      }
      await use({ station, before: await contentOf(station), more: {} });
    }
  } finally {
    for (const station of stations) await station.stop();
    const leaks = stations.flatMap((station) => leaksOf(station.folder, station.output()));
    for (const station of stations) if (station.folder !== folder) station.remove();
    expect(leaks, "places where a token is written").toEqual([]);
  }
};

/** What a job says in the end, wherever it says it; what kept it from beginning is an end too. */
export const saidBy = async (station: Station, path: string, input: object): Promise<string> => {
  try {
    const { job_id, job } = await station.call("POST", `/api/outpost/v1/${path}`, input);
    for (;;) {
      const seen = await station.call("GET", `/api/outpost/v1/jobs/${String(job_id ?? job.job_id)}`);
      if (seen.ended_at !== null && seen.ended_at !== undefined)
        return `${String(seen.error ?? "")} ${String(seen.text ?? "")}`;
      await sleep(30);
    }
  } catch (error) {
    return String(error);
  }
};

/** The same of a sync. */
export const syncSaid = (station: Station, more: object): Promise<string> =>
  saidBy(station, "sync/start", { remote: "team", accept: true, ...more });

/** Reads answer, whatever they find. */
export const expectReads = async ({ station, before, more }: Scene): Promise<void> => {
  if (!("what" in more)) expect(await contentOf(station)).toEqual(before);
  expect((await station.call("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")).experiment.name).toBe(
    "Default",
  );
  expect((await station.sync("GET", "remotes")).remotes).toHaveLength(1);
};

/** A write that would be kept elsewhere. Resolves with the refusal. @throws Error when it was taken */
export const refusalOf = (station: Station): Promise<string> =>
  station.mlflow("experiments/create", { name: "n".repeat(400), tags: [{ key: "k", value: "v".repeat(4_900) }] }).then(
    () => Promise.reject(new Error("it was acknowledged")),
    (error: unknown) => String(error),
  );

/** What a sync says that reads only: `strike` comes while it waits for the answer. */
export const saidWhileWaiting = async (
  { double }: Stage,
  { station, more }: Scene,
  operation: Played,
  strike: () => void,
): Promise<string> => {
  const { match }: Target = targets[operation];
  await double.control("POST", "rules", { rules: [{ match, fault: { kind: "hang" } }] });
  const said = syncSaid(station, more);
  while (!(await double.control("GET", "rules")).some((rule: Json) => rule.struck > 0)) await sleep(30);
  strike();
  await double.control("DELETE", "rules");
  return said;
};
