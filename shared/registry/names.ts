/**
 * What is wrong with a name while it is typed, by the rules that the server refuses it with
 * (`electron/domain/registry/names.ts`; a test holds both together). A word for each reason; undefined when it will do.
 */
import { isSemver } from "../semver/semver.ts";

export type NameProblem = "empty" | "separator" | "dots" | "nul" | "long";
export type AliasProblem = "empty" | "semver" | "characters" | "long" | "latest" | "number";
export type TagKeyProblem = "empty" | "characters" | "path" | "long";

const MAX_NAME = 1000;
const MAX_ALIAS = 255;
const MAX_TAG_KEY = 250;
const lengthOf = (text: string): number => [...text].length;

/** What is wrong with the name of a new model. */
export const modelNameProblem = (name: string): NameProblem | undefined => {
  if (name.trim() === "") return "empty";
  if (/[/:]/.test(name)) return "separator";
  if (name === "." || name.startsWith("..")) return "dots";
  if (name.includes("\0")) return "nul";
  return lengthOf(name) > MAX_NAME ? "long" : undefined;
};

/** What is wrong with an alias that is to be set. */
export const aliasProblem = (alias: string): AliasProblem | undefined => {
  if (alias === "") return "empty";
  if (isSemver(alias)) return "semver";
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) return "characters";
  if (lengthOf(alias) > MAX_ALIAS) return "long";
  if (alias.toLowerCase() === "latest") return "latest";
  return /^v\p{Nd}+$/iu.test(alias) ? "number" : undefined;
};

/** What is wrong with the key of a tag, a metric or a param. */
export const keyProblem = (key: string): TagKeyProblem | undefined => {
  if (key === "") return "empty";
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) return "characters";
  const parts = key.split("/");
  if (key.startsWith("..") || parts.some((part) => part === "" || part === "." || part === "..")) return "path";
  return lengthOf(key) > MAX_TAG_KEY ? "long" : undefined;
};
