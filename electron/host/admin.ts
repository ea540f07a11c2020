/**
 * How a command reaches a store: over HTTP where a host holds the data folder, else by holding the folder itself for as
 * long as the command runs.
 */
import { request } from "node:http";
import type { Static, TObject } from "typebox";
import { DomainError } from "../../shared/errors.ts";
import { takeLock } from "../store/lock.ts";
import { locateDataFolder, pathsIn } from "./data-folder.ts";
import { pathOf, type Operation } from "./operation.ts";
import { readPolicy } from "./policy/policy.ts";
import type { HostOptions } from "./protocol.ts";
import { readServerFile, type ServerFile } from "./server-file.ts";
import { hasStore, openSession } from "./session.ts";

export interface Admin {
  /** @throws DomainError; `unavailable` when a host has given no answer within `patienceMs`, where that is given. */
  run<Req extends TObject, Result>(
    operation: Operation<Req, Result>,
    input: Static<Req>,
    patienceMs?: number,
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface AdminDeps {
  readonly toPerson: (line: string) => void;
  readonly now?: () => number;
}

/** The data folder that these options mean on this machine. @throws DomainError when the policy says no. */
export const dataFolderOf = async ({ dataDir, env }: Pick<HostOptions, "dataDir" | "env">): Promise<string> =>
  locateDataFolder(dataDir, env, await readPolicy(env)).path;

/**
 * Who serves the folder; `undefined` when nobody does.
 * @throws DomainError when it is held but has no address (yet), or when the administrators' policy says no.
 */
export const findHolder = async (options: Pick<HostOptions, "dataDir" | "env">): Promise<ServerFile | undefined> => {
  const paths = pathsIn(await dataFolderOf(options));
  if (!hasStore(paths.root)) return undefined;
  const lock = takeLock(paths.lock);
  lock?.release();
  if (lock) return undefined;
  const holder = readServerFile(paths.server);
  if (holder) return holder;
  throw new DomainError(
    "conflict",
    `The data folder ${paths.root} is in use by another Outpost that is starting, or by a command at work: try again in a moment`,
  );
};

/**
 * Opens the way to the store.
 * @throws DomainError `not_found` when there is no store and `create` is not set.
 */
export const openAdmin = async (
  options: HostOptions,
  deps: AdminDeps & { readonly create?: boolean },
): Promise<Admin> => {
  const holder = await findHolder(options);
  if (holder)
    return {
      run: (operation, input, patienceMs) => ask(holder, operation, input, patienceMs),
      close: () => Promise.resolve(),
    };
  const path = await dataFolderOf(options);
  if (!deps.create && !hasStore(path))
    throw new DomainError(
      "not_found",
      `There is no store in ${path}: name its folder with --data-dir, or make one with outpost serve`,
    );
  process.umask(0o077);
  const session = await openSession(options, { now: deps.now ?? Date.now, toPerson: deps.toPerson });
  const caller = { actor: `uid:${process.getuid?.() ?? "local"}`, surface: "cli" };
  return { run: async (operation, input) => operation.run(session, input, caller), close: session.close };
};

/** Asks the host. No time limit of its own: a check may read for minutes, and a host that dies ends the connection. */
const ask = <Req extends TObject, Result>(
  holder: ServerFile,
  operation: Operation<Req, Result>,
  input: unknown,
  patienceMs?: number,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify(input);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      authorization: `Bearer ${holder.secret}`,
    };
    const req = request(
      { host: "127.0.0.1", port: holder.port, method: "POST", path: pathOf(operation), headers },
      (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("error", reject);
        res.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (res.statusCode === 200) resolve(JSON.parse(text) as Result);
          else
            reject(
              new DomainError(
                "unavailable",
                messageIn(text) ?? `${holder.url} answered ${res.statusCode ?? "nothing"}`,
              ),
            );
        });
      },
    );
    req.on("error", (cause) =>
      reject(
        new DomainError("unavailable", `${holder.url} (process ${holder.pid}) does not answer: ${cause.message}`, {
          cause,
        }),
      ),
    );
    if (patienceMs !== undefined)
      req.setTimeout(patienceMs, () => req.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    req.end(body);
  });

const messageIn = (text: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string"
      ? parsed.message
      : undefined;
  } catch {
    return undefined; // not JSON: the caller names the status instead
  }
};
