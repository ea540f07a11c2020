/** Bundles from one workstation to another. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Stage } from "./cell.ts";
import { type Json, type Station, type StationStart, startStation } from "./station.ts";
import { contentOf } from "./work.ts";

export interface Carried {
  readonly name: string;
  readonly bytes: Buffer;
  /** The fingerprint of whose key it is signed with. */
  readonly signer: string;
  /** What the workstation holds that wrote it. */
  readonly content: Json;
}

/** All that a workstation holds, in one bundle. */
export const exportAll = async (station: Station): Promise<Carried> => {
  const { label } = await station.bundle("create", { all: true });
  const path: string = label.files[0].path;
  const [name, bytes] = [basename(path), readFileSync(path)];
  return { name, bytes, signer: label.fingerprint, content: await contentOf(station) };
};

/** Takes a bundle in whose file was dropped before. */
export const importDropped = async (station: Station, { name, signer }: Carried): Promise<Json> =>
  (await station.bundle("open", { action: "import", place: "incoming", name, trust: signer })).report;

export const importBundle = async (station: Station, carried: Carried): Promise<Json> => {
  await station.putBundle(carried.name, carried.bytes);
  return importDropped(station, carried);
};

/** A bundle of a workstation with work, which is started as `start` says. */
export const madeBy = async (stage: Stage, start: StationStart, stations: Station[]): Promise<Carried> => {
  const station = await startStation(start, await stage.full());
  stations.push(station);
  return exportAll(station);
};
