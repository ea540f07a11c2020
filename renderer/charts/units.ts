/** What the values of system metrics count, by the endings that MLflow's monitor gives their keys. */
import { formatBytes, formatValue } from "../lib/format.ts";
import type { Range } from "./scale.ts";

export interface Unit {
  readonly format: (value: number) => string;
  readonly yRange?: Range;
}

const SYSTEM = "system/";
export const isSystemMetric = (key: string): boolean => key.startsWith(SYSTEM);

const PERCENT: Unit = { format: (value) => `${formatValue(value)}%`, yRange: [0, 100] };
const BY_ENDING: readonly (readonly [string, Unit])[] = [
  ["_percentage", PERCENT],
  ["_megabytes", { format: (value) => (value < 0 ? `−${formatBytes(-value * 1e6)}` : formatBytes(value * 1e6)) }],
  ["_watts", { format: (value) => `${formatValue(value)} W` }],
  ["_celsius", { format: (value) => `${formatValue(value)} °C` }],
];

/** The unit of a system metric; other keys have none that could be known. */
export const unitOf = (key: string): Unit | undefined =>
  isSystemMetric(key) ? BY_ENDING.find(([ending]) => key.endsWith(ending))?.[1] : undefined;

/** The device that a system metric is of: `gpu_0`, `cpu`, `memory`; of one machine among several with its name before it. */
export const deviceOf = (key: string): string => {
  const path = key.slice(SYSTEM.length).split("/");
  const name = path.pop() ?? "";
  const device = /^gpu_\d+/.exec(name)?.[0] ?? /^(?:system_)?([a-z]+)/.exec(name)?.[1] ?? name;
  return [...path, device].join("/");
};
