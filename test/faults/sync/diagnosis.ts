/** What a play that fails is told with: how its syncs ended, what the double was asked, what the hosts said. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { GitlabDouble } from "../../doubles/gitlab/start.ts";
import { projectRoot } from "../../helpers/outpost-process.ts";
import type { Json, Station } from "./station.ts";

const CALLS = 60;
const CHARACTERS = 4_000;

const tail = (text: string): string => (text.length > CHARACTERS ? `…${text.slice(-CHARACTERS)}` : text);

const lineOf = ({ seq, method, path, operation, status, fault, done }: Json): string =>
  [
    String(seq).padStart(4),
    method,
    operation,
    status ?? "no answer",
    ...(fault === null ? [] : [`under ${String(fault)}`, done === true ? "done" : "not done"]),
    String(path).slice(0, 160),
  ].join(" ");

const callsOf = async (double: GitlabDouble): Promise<string> => {
  const log: readonly Json[] = await double.control("GET", "log");
  return log.slice(-CALLS).map(lineOf).join("\n");
};

const ofStation = (station: Station, index: number): string => {
  const ends = station.ends().map(({ outcome, problem }) => `  ${outcome}${problem === "" ? "" : `: ${problem}`}`);
  return [
    `workstation ${String(index + 1)}, its syncs:`,
    ...ends,
    `  its last steps: ${station.steps().slice(-6).join(", ")}`,
    `  its output: ${tail(station.output())}`,
  ].join("\n");
};

/** Adds it to the error that a play ended with, whose own text and difference stay. */
export const explain = async (
  error: unknown,
  name: string,
  double: GitlabDouble,
  stations: readonly Station[],
): Promise<unknown> => {
  if (!(error instanceof Error)) return error;
  const calls = await callsOf(double).catch((cause: unknown) => `the double does not answer: ${String(cause)}`);
  const rules = await double.control("GET", "rules").catch(() => []);
  error.message = [
    `${name}: ${error.message}`,
    ...stations.map(ofStation),
    `rules: ${JSON.stringify(rules).slice(0, 1_000)}`,
    `the double was asked:\n${calls}`,
  ].join("\n");
  return error;
};

export interface PlayTime {
  readonly name: string;
  readonly ms: number;
}

const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Keeps a line for each play as it ends, since vitest tells of a file when all of it is done. */
export const noteTime = (name: string, ms: number, end: string): PlayTime => {
  appendFileSync(
    join(projectRoot, ".cache/plays.log"),
    `${new Date().toISOString()} ${name}: ${inSeconds(ms)}, ${end}\n`,
  );
  return { name, ms };
};

export const summaryOf = (times: readonly PlayTime[]): string => {
  const sum = times.reduce((total, { ms }) => total + ms, 0);
  const slowest = times.toSorted((one, other) => other.ms - one.ms).slice(0, 5);
  const each = slowest.map(({ name, ms }) => `${name} ${inSeconds(ms)}`).join(", ");
  return `${String(times.length)} plays, ${inSeconds(sum / times.length)} each; the longest: ${each}`;
};
