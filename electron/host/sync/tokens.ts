/**
 * Where the token of a remote is found: given for this run by the desktop app (which keeps it in the system's keychain),
 * in a file of the person's own, in a variable, or kept in the data folder. Never in the database, a log or a command line.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";

export interface RemoteTokensOptions {
  /** `secrets` in the data folder; made when it is needed. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}

type Named = Pick<RemoteRow, "name" | "token_file">;

export type RemoteTokens = ReturnType<typeof createRemoteTokens>;

const OTHERS = 0o077;
const LONGEST = 65_536;

/** `OUTPOST_TOKEN_<NAME>`, for services and containers. */
export const tokenVariable = (remote: string): string =>
  `OUTPOST_TOKEN_${remote.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

export const createRemoteTokens = ({ folder, env, platform = process.platform }: RemoteTokensOptions) => {
  const given = new Map<string, string>();
  const kept = (name: string): string => join(folder, `${name}.token`);

  const check = (token: string, from: string): string => {
    const text = token.trim();
    if (text === "" || text.length > LONGEST || /[\u0000-\u0020\u007f-\uffff]/.test(text))
      throw new DomainError("invalid", `${from} holds no token: it must be one line of letters, digits and signs`);
    return text;
  };

  /** Of the person alone: a token that others can read is not used. */
  const readFile = (path: string): string | undefined => {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) return undefined;
      throw new DomainError("denied", `The token file ${path} cannot be read: make it yours (chmod 600)`, { cause });
    }
    try {
      const { mode, size } = fstatSync(fd);
      if (platform !== "win32" && (mode & OTHERS) !== 0)
        throw new DomainError("denied", `The token file ${path} can be read by others: run chmod 600 on it`);
      if (size > LONGEST) throw new DomainError("invalid", `The token file ${path} is too long to hold one token`);
      return check(readFileSync(fd, "utf8"), `The token file ${path}`);
    } finally {
      closeSync(fd);
    }
  };

  return {
    /** In words for the page. */
    placeOf: ({ name, token_file }: Named): string => {
      if (given.has(name)) return "kept";
      if (token_file !== null) return `file:${token_file}`;
      if (env[tokenVariable(name)] !== undefined) return `variable:${tokenVariable(name)}`;
      return readFile(kept(name)) === undefined ? "none" : "kept";
    },
    /** @throws DomainError `denied` for a file that others can read, `invalid` for one that holds no token. */
    read: ({ name, token_file }: Named): string | undefined => {
      const now = given.get(name);
      if (now !== undefined) return now;
      if (token_file !== null) {
        const token = readFile(token_file);
        if (token !== undefined) return token;
        throw new DomainError("not_found", `The token file ${token_file} of remote '${name}' is not there`);
      }
      const variable = env[tokenVariable(name)];
      if (variable !== undefined) return check(variable, tokenVariable(name));
      return readFile(kept(name));
    },
    /** For this run of the host only. */
    give: (name: string, token: string): void => void given.set(name, check(token, "The request")),
    /** Keeps it in the data folder, for this OS user alone. */
    keep: (name: string, token: string): void => {
      const text = check(token, "The request");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const fresh = `${kept(name)}.new`;
      const fd = openSync(fresh, "w", 0o600);
      try {
        writeSync(fd, `${text}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(fresh, kept(name));
    },
    forget: (name: string): void => {
      given.delete(name);
      rmSync(kept(name), { force: true });
    },
  };
};
