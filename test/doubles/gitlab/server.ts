/** The double on real sockets: GitLab on one port, what stands for its object storage on another. */
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { act } from "./actions.ts";
import { tokenName } from "./auth.ts";
import { CONTROL, type World, control } from "./control.ts";
import { type Fault, type Rule, faultsFor } from "./faults.ts";
import { type Answer, Refusal } from "./http.ts";
import type { Options, Variant } from "./options.ts";
import { type Place, type Target, callerOf, perform, refuseUpload, targetOf } from "./perform.ts";
import { rateLimited } from "./rate-limit.ts";
import { Cut, readBody, readUpload } from "./receive.ts";
import { seedState } from "./seed.ts";
import { send } from "./send.ts";
import { type LogEntry, type State, createState, discard } from "./state.ts";
import { storageAnswer } from "./storage.ts";

export interface Settings {
  readonly port: number;
  readonly seed: number;
  readonly variant: Variant;
  /** Relative root such as `/gitlab`, or nothing. */
  readonly root: string;
  readonly options: Partial<Options>;
}

export interface Double {
  /** GitLab's address, relative root included. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const has = (faults: readonly Fault[], kind: Fault["kind"]): Fault | undefined =>
  faults.find((fault) => fault.kind === kind);

/** Faults that answer in the application's place; unless `effect` is set nothing is done. */
const instead: readonly Fault["kind"][] = ["status", "html", "empty", "garbage", "huge"];

/** The address without what may hold a token. */
const safePath = (url: string): string =>
  url.replace(/([?&](?:private_token|access_token|token|X-Amz-Signature)=)[^&]*/g, "$1[left out]");

class Exchange {
  readonly state: State;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly place: Place;
  readonly target: Target;
  readonly faults: readonly Fault[];
  readonly entry: LogEntry;

  constructor(world: World, place: Place, request: IncomingMessage, response: ServerResponse, target: Target) {
    this.state = world.state();
    this.request = request;
    this.response = response;
    this.place = place;
    this.target = target;
    const { operation, token } = target;
    const { method = "GET", url = "/" } = request;
    const facts = { method, path: `${target.path}?${target.query.toString()}`, operation, token };
    this.faults = faultsFor(world.rules, facts, this.state.random);
    this.entry = {
      seq: this.state.log.length + 1,
      at: this.state.now(),
      method,
      path: safePath(url),
      operation,
      token,
      bytes: Number(request.headers["content-length"] ?? 0),
      status: null,
      fault: this.faults.map(({ kind }) => kind).join("+") || null,
      done: false,
    };
    this.state.log.push(this.entry);
  }

  asked(): { method: string; url: string; headers: IncomingMessage["headers"] } {
    const { method = "GET", url = "/", headers } = this.request;
    if (!has(this.faults, "ignore-range") && !has(this.faults, "change-etag")) return { method, url, headers };
    // With another ETag than the client asks to go on from, the whole file is the answer.
    const { range, ...rest } = headers;
    const keep = !has(this.faults, "ignore-range") && headers["if-range"] === undefined && range !== undefined;
    return { method, url, headers: keep ? { ...rest, range } : rest };
  }

  act(kind: "before-call" | "after-call"): void {
    for (const fault of this.faults)
      if (fault.kind === kind)
        for (const each of fault.actions) act(this.state, each, callerOf(this.state, this.place));
  }

  /** Reads the body, to disk where it is a file. */
  async content(): Promise<{ body: Buffer; upload: Awaited<ReturnType<typeof readUpload>> | null } | Answer> {
    const { found } = this.target;
    const streams = !(found instanceof Refusal) && found.route.beforeUpload !== undefined;
    if (!streams) return { body: await readBody(this.request, this.faults), upload: null };
    const refused = refuseUpload(this.state, this.place, this.asked(), this.target);
    if (!refused) return { body: Buffer.alloc(0), upload: await readUpload(this.state, this.request, this.faults) };
    this.request.resume();
    return refused;
  }

  /** The application's answer, with the fault's own effects around it. */
  answer(content: Awaited<ReturnType<Exchange["content"]>>): Answer {
    if ("status" in content) return content;
    const replaced = this.faults.find((fault) => instead.includes(fault.kind) && !fault.effect);
    if (replaced) return { status: 200, headers: {}, body: "" };
    const redirect = has(this.faults, "redirect");
    if (redirect) {
      const location = `${redirect.to}${this.request.url ?? ""}`;
      return { status: redirect.status, headers: { location, ...redirect.headers }, body: "" };
    }
    this.act("before-call");
    const answer = perform(this.state, this.place, this.asked(), this.target, content);
    this.entry.done = true;
    this.act("after-call");
    return answer;
  }

  async run(): Promise<void> {
    if (has(this.faults, "drop-before")) return void this.response.destroy();
    const limited = rateLimited(this.state, this.entry);
    const content = await this.content();
    if (has(this.faults, "hang")) return;
    const late = has(this.faults, "late-effect");
    if (late) await sleep(late.ms);
    const answer = limited ?? this.answer(content);
    if (has(this.faults, "drop-after")) return void this.response.destroy();
    if (this.response.destroyed) return;
    const about = { isHead: this.request.method === "HEAD", hadUpload: this.entry.bytes > 0 };
    this.entry.status = await send(this.response, answer, this.faults, about);
  }
}

const fail = (response: ServerResponse, cause: unknown): void => {
  response.destroy();
  const isGone = cause instanceof Cut || (cause instanceof Error && "code" in cause && cause.code === "ECONNRESET");
  if (!isGone) process.stderr.write(`gitlab double: ${cause instanceof Error ? String(cause.stack) : String(cause)}\n`);
};

const listen = async (server: Server, port: number): Promise<string> => {
  server.requestTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${String(address.port)}`;
};

/** Starts both servers. */
export const startServers = async (settings: Settings): Promise<Double> => {
  const fresh = (seed: number, variant: Variant): State => {
    const made = createState({ seed, variant, options: settings.options });
    seedState(made);
    return made;
  };
  let state = fresh(settings.seed, settings.variant);
  const rules: Rule[] = [];
  let place: Place = { base: "", root: settings.root, storage: "" };
  const world: World = {
    state: () => state,
    rules,
    reset: ({ seed = settings.seed, variant = settings.variant }) => {
      discard(state);
      state = fresh(seed, variant);
    },
    caller: () => callerOf(state, place),
    info: () => ({ url: place.base, storage: place.storage, folder: state.folder }),
  };
  const gitlab = createServer((request, response) => {
    const { method = "GET", url = "/" } = request;
    if (url.startsWith(CONTROL)) {
      readBody(request, [])
        .then((body) => send(response, control(world, method, url.split("?")[0] ?? "", body), [], plain))
        .catch((cause: unknown) => fail(response, cause));
      return;
    }
    const target = targetOf(state, place, { method, url, headers: request.headers });
    new Exchange(world, place, request, response, target).run().catch((cause: unknown) => fail(response, cause));
  });
  const storage = createServer((request, response) => {
    const { headers, url = "/" } = request;
    const [path = "", search = ""] = url.split("?", 2);
    const query = new URLSearchParams(search);
    const token = tokenName(state, { headers, query });
    const found = storageAnswer(path);
    const target: Target = { path, query, found, operation: "storage.get", token };
    new Exchange(world, place, request, response, target).run().catch((cause: unknown) => fail(response, cause));
  });
  const origin = await listen(gitlab, settings.port);
  place = { base: `${origin}${settings.root}`, root: settings.root, storage: await listen(storage, 0) };
  const close = async (): Promise<void> => {
    for (const server of [gitlab, storage]) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
    discard(state);
  };
  return { url: place.base, close };
};

const plain = { isHead: false, hadUpload: false };
