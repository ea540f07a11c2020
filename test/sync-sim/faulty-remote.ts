/**
 * A far side behind a network that fails. Each call draws from the seed whether it is lost on its way there, on its way
 * back, or has its effect long after its asker gave up; whoever is dead never hears of an answer.
 */
import { PassThrough, type Readable } from "node:stream";
import { RemoteError, type RemoteTrouble } from "../../electron/remote/errors.ts";
import type { Point } from "../../shared/sync/doc.ts";
import type { Remote } from "../../electron/remote/remote.ts";
import type { Random } from "./random.ts";
import type { Time } from "./time.ts";

export type Fault =
  | "lost_before"
  | "lost_after"
  | "late"
  | "garbled"
  | "refused_before"
  | "refused_after"
  | "offline"
  | "auth"
  | "slow"
  | "cut_download"
  | "corrupt_download"
  | "range_ignored"
  | "rate_limited"
  | "forbidden"
  | "stored_short"
  | "stored_wrong"
  | "token_expired";

export const faults: readonly Fault[] = [
  "lost_before",
  "lost_after",
  "late",
  "garbled",
  "refused_before",
  "refused_after",
  "offline",
  "auth",
  "slow",
  "cut_download",
  "corrupt_download",
  "range_ignored",
  "rate_limited",
  "forbidden",
  "stored_short",
  "stored_wrong",
  "token_expired",
];

export interface FaultyDeps {
  readonly random: Random;
  readonly time: Time;
  /** Probability of a fault per call. */
  readonly chance: () => number;
  /** No other fault but this one, which falls on writes. */
  readonly only?: Fault | undefined;
  readonly isAlive: () => boolean;
  readonly onFault: (fault: Fault, method: string) => void;
  readonly onCall: (method: string, args: readonly unknown[], isWrite: boolean) => void;
  /** Spoils the newest upload of a path. */
  readonly spoilUpload: (ref: unknown, path: string, how: "stored_short" | "stored_wrong") => void;
  /** Drawn for `auth`: until a person gives a new token every call fails. */
  readonly token: { valid: boolean };
}

export const WRITES: ReadonlySet<string> = new Set(["create", "write", "logPoints", "putFile", "remove"]);
const READS: ReadonlySet<string> = new Set(["probe", "list", "find", "look", "read", "files", "getFile"]);
const WRITE_FAULTS: readonly Fault[] = [
  "lost_before",
  "lost_after",
  "lost_after",
  "late",
  "garbled",
  "refused_before",
  "refused_after",
  "offline",
  "auth",
  "slow",
  "rate_limited",
  "forbidden",
];
const READ_FAULTS: readonly Fault[] = [
  "lost_before",
  "lost_before",
  "offline",
  "garbled",
  "auth",
  "slow",
  "rate_limited",
];
const UPLOAD_FAULTS: readonly Fault[] = [...WRITE_FAULTS, "stored_short", "stored_wrong"];
const LIST_FAULTS: readonly Fault[] = [...READ_FAULTS, "token_expired"];
const DOWNLOAD_FAULTS: readonly Fault[] = ["cut_download", "corrupt_download", "range_ignored", "offline"];

/** A sync reads much more than it writes, and one failure there may end it. */
const READS_FAIL = 0.15;

const dead = (): Promise<never> => new Promise<never>(() => {});
const fail = (trouble: RemoteTrouble, maybeDone: boolean, status?: number): never => {
  throw new RemoteError(trouble, `simulated ${trouble}`, { maybeDone, status });
};

type Method = (...args: unknown[]) => Promise<unknown>;
interface Downloaded {
  readonly from: number;
  readonly body: Readable;
}

/** A body that ends early, or that holds one wrong byte. */
const spoil = (body: Readable, fault: Fault): Readable => {
  const out = new PassThrough();
  body.once("data", (chunk: Buffer) => {
    if (fault === "corrupt_download" && chunk.length > 0) {
      const wrong = Buffer.from(chunk);
      wrong[0] = (wrong[0] ?? 0) ^ 1;
      out.write(wrong);
      body.pipe(out);
      return;
    }
    out.write(chunk.subarray(0, Math.floor(chunk.length / 2)));
    body.destroy();
    setImmediate(() => out.destroy(new RemoteError("unavailable", "simulated cut", { maybeDone: false })));
  });
  body.once("end", () => out.end());
  return out;
};

export const createFaultyRemote = (remote: Remote, deps: FaultyDeps): Remote => {
  const { random, time, chance, only, isAlive, onFault, onCall, token } = deps;

  const possible = (method: string, args: readonly unknown[]): readonly Fault[] => {
    if (method === "putFile") return UPLOAD_FAULTS;
    if (WRITES.has(method)) return WRITE_FAULTS;
    if (method === "getFile") return DOWNLOAD_FAULTS;
    return method === "list" && args[1] !== undefined ? LIST_FAULTS : READ_FAULTS;
  };
  const draw = (method: string, args: readonly unknown[]): Fault | undefined => {
    if (only !== undefined) {
      if (!WRITES.has(method) || !random.chance(chance())) return undefined;
      onFault(only, method);
      return only;
    }
    if (!random.chance(chance() * (WRITES.has(method) || method === "getFile" ? 1 : READS_FAIL))) return undefined;
    const drawn = random.pick(possible(method, args));
    // What ends a whole sync would hide the rest: it is left for one time in three.
    const fault = (drawn === "offline" || drawn === "auth") && random.chance(0.7) ? "lost_before" : drawn;
    onFault(fault, method);
    return fault;
  };

  const call = async (method: string, real: Method, args: unknown[]): Promise<unknown> => {
    if (!isAlive()) return dead();
    await time.yieldTurn();
    if (!isAlive()) return dead();
    const isWrite = WRITES.has(method);
    time.pass(20 + random.below(50));
    if (!token.valid) fail("auth", false, 401);
    onCall(method, args, isWrite);
    const fault = draw(method, args);
    switch (fault) {
      case "lost_before":
        time.pass(1000);
        return fail("unavailable", isWrite);
      case "refused_before":
        return fail("unavailable", isWrite, 503);
      case "offline":
        return fail("offline", false);
      case "auth":
        token.valid = false;
        return fail("auth", false, 401);
      case "late":
        // The server works on: its effect lands after the asker's timeout, before its own limit.
        time.later(remote.limits.settleMs * (0.1 + 0.85 * random.next()), () => {
          real(...args).catch(() => {}); // refused in the end: nobody is left to be told
        });
        return fail("unavailable", true);
      case "rate_limited":
        return fail("rate_limited", false, 429);
      case "forbidden":
        return fail("forbidden", false, 403);
      case "token_expired":
        return fail("invalid", false, 400);
      case "slow":
        time.pass(random.below(30_000));
        break;
      default:
    }
    const answer = await real(...args);
    if (fault === "stored_short" || fault === "stored_wrong")
      deps.spoilUpload(args[0], (args[1] as { path: string }).path, fault);
    await time.yieldTurn();
    if (!isAlive()) return dead();
    if (fault === "lost_after") return fail("unavailable", isWrite);
    if (fault === "refused_after") return fail("unavailable", isWrite, 500);
    if (fault === "garbled") return fail("garbled", isWrite, 200);
    if (method !== "getFile" || fault === undefined) return answer;
    const download = answer as Downloaded;
    if (fault === "range_ignored") return real(args[0], args[1], { from: 0, etag: undefined });
    return { ...download, body: spoil(download.body, fault) };
  };

  /** One call for all pages. */
  async function* points(...args: unknown[]): AsyncIterable<readonly Point[]> {
    const [ref, signal] = args as Parameters<Remote["points"]>;
    const pages: (readonly Point[])[] = [];
    const read = async (): Promise<void> => {
      for await (const page of remote.points(ref, signal)) pages.push(page);
    };
    await call("points", read, args);
    yield* pages;
  }

  return new Proxy(remote, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === "points") return points;
      if (typeof name !== "string" || typeof value !== "function") return value;
      if (!WRITES.has(name) && !READS.has(name)) return value;
      return (...args: unknown[]) => call(name, (value as Method).bind(target), args);
    },
  });
};
