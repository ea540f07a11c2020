/** What is said at a start against a lock: told where it does no harm to go on, refused where it would. */
import { DomainError } from "../../../shared/errors.ts";
import { schemaOf, type LockableName, type SettingValue } from "../settings.ts";
import type { Policy } from "./policy.ts";

interface Said {
  readonly value: SettingValue;
  /** A flag, a variable, or the path of `config.yaml`. */
  readonly origin: string;
}

const show = (value: SettingValue | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value));

const same = (a: SettingValue, b: SettingValue | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** `config.yaml` stays where it is when a policy comes; a flag and a variable were given for this very start. */
const isForThisStart = (origin: string): boolean => origin.startsWith("--") || origin.startsWith("OUTPOST_");

/**
 * One line for each source that says otherwise than the lock.
 * @throws DomainError `denied` when a guarded setting is contradicted by a flag or a variable: whoever asks for another
 * data folder must not write into this one, and whoever wants no tokens must not believe there are none.
 */
export const overruled = (name: LockableName, said: readonly Said[], { locks, place }: Policy): string[] => {
  const locked = locks.get(name);
  return said.flatMap(({ value, origin }) => {
    if (same(value, locked)) return [];
    const lock = `${name} is locked to ${show(locked)} by the administrators' policy ${place}`;
    if (schemaOf(name).guarded && isForThisStart(origin))
      throw new DomainError("denied", `${origin} ${show(value)} is refused: ${lock}. Start without ${origin}`);
    const where = isForThisStart(origin) ? origin : `${origin}: ${name}`;
    return [`${where} ${show(value)} has no effect: ${lock}`];
  });
};
