/** macOS: the managed preferences that a device's management puts there, read by the system's own tool. */
import { DomainError } from "../../../shared/errors.ts";
import { readGuarded } from "./guarded-file.ts";
import type { PolicySource } from "./policy.ts";
import type { PolicySystem } from "./system.ts";

const PLUTIL = "/usr/bin/plutil";

/** @throws DomainError for a file that is not the system's alone, or no property list of plain values. */
export const readManagedPreferences = async (system: PolicySystem): Promise<PolicySource | undefined> => {
  const { file } = system;
  const found = readGuarded(file, { owners: [system.administrator], checksModes: true });
  if (found === undefined) return undefined;
  const json = await system.run(PLUTIL, ["-convert", "json", "-o", "-", file]).catch((cause: unknown) => {
    throw new DomainError("invalid", `${file} is no property list that ${PLUTIL} can turn into JSON`, { cause });
  });
  return { place: file, values: valuesIn(json, file) };
};

/** Profiles carry fields of their own beside the settings. */
const isOfProfile = (key: string): boolean => key.startsWith("Payload");

const valuesIn = (json: string, file: string): Map<string, unknown> => {
  const parsed = parse(Buffer.from(json, "latin1").toString("utf8"));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new DomainError("invalid", `${file} must hold a dictionary of settings`);
  return new Map(Object.entries(parsed).filter(([key]) => !isOfProfile(key)));
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // not JSON: refused by name where it is read
  }
};
