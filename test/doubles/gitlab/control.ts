/** The side channel `/__double__/…`: rules, actions, time, options, dumps. No address of GitLab begins like this. */
import { type Caller, act, isAction, moveClock } from "./actions.ts";
import { type Raw, isRecord } from "./body.ts";
import { countsOf, dump } from "./dump.ts";
import { type Rule, ruleOf } from "./faults.ts";
import { fill } from "./fill.ts";
import { type Answer, json } from "./http.ts";
import { isOption, isVariant } from "./options.ts";
import type { State } from "./state.ts";

export const CONTROL = "/__double__/";

/** What the control channel steers. */
export interface World {
  readonly state: () => State;
  readonly rules: Rule[];
  /** A new state in the place of the old. */
  readonly reset: (settings: { seed?: number; variant?: State["variant"] }) => void;
  readonly caller: () => Caller;
  readonly info: () => Readonly<Record<string, string>>;
}

const addRules = (world: World, body: Raw): unknown => {
  const given = body["rules"];
  if (!Array.isArray(given)) throw new Error("rules: an array");
  const made = given.map((raw, index) => ruleOf(raw, world.rules.length + index + 1));
  world.rules.push(...made);
  return { ids: made.map(({ id }) => id) };
};

const setOptions = (state: State, body: Raw): unknown => {
  for (const [name, value] of Object.entries(body)) {
    if (!isOption(name) || typeof value !== "boolean") throw new Error(`no option "${name}" of that type`);
    state.options[name] = value;
  }
  return state.options;
};

const setLimits = (state: State, body: Raw): unknown => {
  const { max, windowMs = 60_000, name = "throttle_authenticated_api", maxFileSize } = body;
  if (max === null) state.rateLimit = null;
  if (typeof max === "number" && typeof windowMs === "number" && typeof name === "string")
    state.rateLimit = { max, windowMs, name };
  if (typeof maxFileSize === "number") state.maxFileSize = maxFileSize;
  return { rateLimit: state.rateLimit, maxFileSize: state.maxFileSize };
};

const doFill = (state: State, body: Raw): unknown => {
  const project = state.projects.find(({ id }) => id === body["project"]) ?? state.projects[0];
  if (!project) throw new Error("no project");
  const count = (name: string): number => (typeof body[name] === "number" ? body[name] : 0);
  const prefix = typeof body["prefix"] === "string" ? body["prefix"] : "bulk";
  fill(state, project, prefix, {
    models: count("models"),
    versions: count("versions"),
    experiments: count("experiments"),
    runs: count("runs"),
    metrics: count("metrics"),
  });
  return {};
};

const reset = (world: World, { seed, variant }: Raw): unknown => {
  world.rules.length = 0;
  world.reset({
    ...(typeof seed === "number" ? { seed } : {}),
    ...(typeof variant === "string" && isVariant(variant) ? { variant } : {}),
  });
  return {};
};

const actions = (world: World, body: Raw): unknown => {
  const given = body["actions"];
  if (!Array.isArray(given) || !given.every(isAction)) throw new Error("actions: an array of {do: …}");
  return { results: given.map((each) => act(world.state(), each, world.caller()) ?? null) };
};

const operations: Readonly<Record<string, (world: World, body: Raw) => unknown>> = {
  "GET state": (world) => dump(world.state()),
  "GET log": (world) => world.state().log,
  "GET counts": (world) => countsOf(world.state()),
  "GET tokens": (world) => Object.fromEntries(world.state().tokens.map(({ name, value }) => [name, value])),
  "GET info": (world) => world.info(),
  "GET rules": (world) => world.rules,
  "POST rules": addRules,
  "DELETE rules": (world) => {
    world.rules.length = 0;
    return {};
  },
  "DELETE log": (world) => {
    world.state().log.length = 0;
    return {};
  },
  "POST actions": actions,
  "POST clock": (world, body) => {
    moveClock(world.state(), body);
    return { now: world.state().now() };
  },
  "POST options": (world, body) => setOptions(world.state(), body),
  "POST limits": (world, body) => setLimits(world.state(), body),
  "POST fill": (world, body) => doFill(world.state(), body),
  "POST reset": reset,
};

/** Answers one control request; a slip in it is a 400 that says what is wrong. */
export const control = (world: World, method: string, path: string, body: Buffer): Answer => {
  const operation = operations[`${method} ${path.slice(CONTROL.length)}`];
  if (!operation) return json({ error: `no such control: ${Object.keys(operations).join(", ")}` }, 404);
  try {
    const parsed: unknown = body.length > 0 ? JSON.parse(body.toString()) : {};
    return json(operation(world, isRecord(parsed) ? parsed : {}) ?? {});
  } catch (cause) {
    return json({ error: cause instanceof Error ? cause.message : String(cause) }, 400);
  }
};
