/** The files of MLflow's file store as it lays them: folders of one small file per key, never followed through a link. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyValue } from "../../../shared/api/mlflow/entities.ts";
import type { MetricPoint } from "../../store/metrics.ts";
import { parseMeta, type Meta } from "./meta-yaml.ts";

/** A value may be a mebibyte; a metric's history many. */
const MAX_VALUE_BYTES = 1024 * 1024;

export const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Names of the folders directly within one; none where there is none. */
export const foldersIn = (path: string): string[] =>
  isFolder(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];

/** @throws Error for a link and for more than a mebibyte. */
export const readSmall = (path: string): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (fstatSync(fd).size > MAX_VALUE_BYTES) throw new Error("it is larger than 1 MiB");
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
};

export const readMeta = (folder: string): Meta => parseMeta(readSmall(join(folder, "meta.yaml")));

/** Keys are the paths of the files below a folder: a key with slashes lies in folders. */
export const keysBelow = (folder: string, prefix = ""): string[] =>
  isFolder(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const key = `${prefix}${entry.name}`;
        if (entry.isDirectory()) return keysBelow(join(folder, entry.name), `${key}/`);
        return entry.isFile() ? [key] : [];
      })
    : [];

/** One value per file. What cannot be read is told and left out. */
export const readValues = (folder: string, onUnreadable: (key: string, error: unknown) => void): KeyValue[] =>
  keysBelow(folder)
    .sort()
    .flatMap((key) => {
      try {
        return [{ key, value: readSmall(join(folder, key)) }];
      } catch (error) {
        onUnreadable(key, error);
        return [];
      }
    });

const WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
  infinity: Infinity,
  "-infinity": -Infinity,
};

/** A number as Python's float() writes and reads it; undefined for anything else. */
export const parseFloatWord = (text: string): number | undefined => {
  const word = WORDS[text.toLowerCase()];
  if (word !== undefined) return word;
  return /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll("_", "")) : undefined;
};

/** A line of a metric's file: `timestamp value [step [dataset_name dataset_digest]]`. */
export const parsePoint = (key: string, line: string): MetricPoint | undefined => {
  const [timestamp = "", text = "", step = "0"] = line.trim().split(" ");
  const value = parseFloatWord(text);
  if (value === undefined || !/^-?\d+$/.test(timestamp) || !/^-?\d+$/.test(step)) return undefined;
  return { key, value, timestamp: toInteger(timestamp), step: toInteger(step) };
};

const toInteger = (digits: string): number | bigint => {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
};
