/**
 * Windows: the machine's policies in the registry, read by the system's own `reg query`. Its words for "there is no such
 * key" are in the user's language and its exit code is that of any failure, so the key is looked for in the listing of
 * its parent, which every Windows has.
 */
import { existsSync } from "node:fs";
import { DomainError } from "../../../shared/errors.ts";
import type { PolicySource } from "./policy.ts";
import type { PolicySystem } from "./system.ts";

const PARENT = "HKLM\\Software\\Policies";
/** Where administrators put the policy. */
export const REGISTRY_KEY = `${PARENT}\\Outpost`;
const FULL_KEY = REGISTRY_KEY.replace("HKLM", "HKEY_LOCAL_MACHINE").toLowerCase();

/** The usual place first: a variable is the user's to change. */
const REG = "C:\\Windows\\System32\\reg.exe";
const regPath = (): string =>
  existsSync(REG) ? REG : `${process.env["SystemRoot"] ?? "C:\\Windows"}\\System32\\reg.exe`;

/** @throws DomainError when the registry cannot be asked, or holds what is no setting. */
export const readRegistry = async ({ run }: PolicySystem): Promise<PolicySource | undefined> => {
  const query = (key: string): Promise<string> =>
    run(regPath(), ["query", key]).catch((cause: unknown) => {
      throw new DomainError("unavailable", `${key} cannot be read: reg query must be allowed for this user`, { cause });
    });
  if (!hasKey(await query(PARENT), FULL_KEY)) return undefined;
  return { place: REGISTRY_KEY, values: parseRegistry(await query(REGISTRY_KEY)) };
};

const linesOf = (output: string): string[] => output.split(/\r?\n/).filter((line) => line.trim() !== "");

/** Whether a listing names the key. */
const hasKey = (listing: string, key: string): boolean =>
  linesOf(listing).some((line) => line.trim().toLowerCase() === key);

/**
 * The values of our key as `reg query` prints them: the key's name, then `    name    REG_TYPE    data` a line.
 * @throws DomainError naming what is no value of a setting: nothing in a policy is passed over.
 */
export const parseRegistry = (output: string): Map<string, unknown> => {
  const values = new Map<string, unknown>();
  for (const line of linesOf(output)) {
    if (line.trim().toLowerCase() === FULL_KEY) continue;
    const refuse = (why: string): never => {
      throw new DomainError("invalid", `${REGISTRY_KEY}: ${why}`);
    };
    if (/^HKEY_/i.test(line))
      refuse(`"${line.trim().slice(FULL_KEY.length + 1)}" is a key of its own, settings are values`);
    const [, name = "", type = "", data = ""] =
      /^(?: {4}|\t)(.+?)(?: {4}|\t)(REG_\w+)(?:(?: {4}|\t)(.*))?$/.exec(line) ?? [];
    if (name === "") refuse(`"${line.trim().slice(0, 60)}" is no value`);
    if (/^\(.*\)$/.test(name)) continue; // the key's own value, named in the user's language
    if (/[^\x20-\x7e]/.test(data)) refuse(`${name} may hold ASCII only, since the system's tool harms other letters`);
    values.set(
      name,
      valueOf(type, data) ?? refuse(`${name} is of type ${type}: use REG_SZ, REG_DWORD or REG_MULTI_SZ`),
    );
  }
  return values;
};

const valueOf = (type: string, data: string): string | readonly string[] | undefined => {
  switch (type) {
    case "REG_SZ":
    case "REG_EXPAND_SZ":
      return data.trim();
    case "REG_DWORD":
    case "REG_QWORD":
      return String(Number(data)); // 0x1: a number, or yes and no
    case "REG_MULTI_SZ":
      return data.split("\\0").filter((item) => item !== "");
    default:
      return undefined;
  }
};
