/** What can go wrong, as rules that a test sets through the control channel. */
import { type Action, isAction } from "./actions.ts";
import { type Raw, isRecord } from "./body.ts";

/** Which calls a rule is about; everything given must fit. */
export interface Match {
  readonly method?: string;
  /** A regular expression over the address with its query, without the relative root. */
  readonly path?: string;
  /** The route's name, e.g. `runs.create`. */
  readonly operation?: string;
  /** The name of the token. */
  readonly token?: string;
  /** Begin with the nth call that fits, counted from 1. */
  readonly nth?: number;
  /** How many calls it strikes; 1 when not said. */
  readonly times?: number;
  /** Strikes with this probability, by the state's own seeded randomness. */
  readonly chance?: number;
}

const kinds = {
  "drop-before": "the connection ends before anything happens",
  "drop-after": "all is done, the connection ends without an answer",
  "late-effect": "`ms` later it is done, and only then answered",
  hang: "nothing happens and no answer comes",
  status: "`status` with `body` and `headers`; done all the same with `effect`",
  html: "200 and a login page; done all the same with `effect`",
  empty: "200 without a body; done all the same with `effect`",
  garbage: "200, said to be gzip, and is not; done all the same with `effect`",
  truncate: "the answer's body ends after `percent` and says that this is all",
  huge: "200 and `bytes` of JSON that says nothing; done all the same with `effect`",
  rewrite: "the JSON of the answer with other values: `set` names them by their path, as in `run.info.run_id`",
  short: "the answer's body is `bytes` shorter and says that this is all",
  "cut-at": "the connection ends after `percent` of the upload, or of the answer where nothing goes up",
  "corrupt-byte": "one byte of the answer (at `at`, or in the middle) is another",
  "ignore-range": "the whole file instead of the range",
  "change-etag": "another ETag than before",
  slow: "`bytesPerSecond`, both ways",
  "stored-short": "an upload is stored without its last `bytes` and answered as if nothing were",
  "stored-wrong": "an upload is stored with one other byte and answered as if nothing were",
  redirect: "`status` (302) to `to` plus the address",
  "before-call": "`actions` first, then as always",
  "after-call": "as always, then `actions`, then the answer",
} as const;

export type FaultKind = keyof typeof kinds;
const isKind = (value: unknown): value is FaultKind => typeof value === "string" && Object.hasOwn(kinds, value);

export interface Fault {
  readonly kind: FaultKind;
  readonly ms: number;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly effect: boolean;
  readonly percent: number;
  readonly bytes: number;
  readonly at: number | null;
  readonly bytesPerSecond: number;
  readonly to: string;
  readonly actions: readonly Action[];
  readonly set: Raw;
}

export interface Rule {
  readonly id: number;
  readonly match: Match;
  readonly fault: Fault;
  seen: number;
  struck: number;
}

/** @throws Error that says what is wrong with the rule: a fault with a slip in it would be none at all */
const number = (raw: Raw, name: string, fallback: number): number => {
  const value = raw[name] ?? fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(`fault.${name} is no number`);
  return value;
};

const known = ["kind", "ms", "status", "body", "headers", "effect", "percent", "bytes", "at", "bytesPerSecond", "to", "set"]; // prettier-ignore

const faultOf = (raw: unknown): Fault => {
  if (!isRecord(raw) || !isKind(raw["kind"])) throw new Error(`fault.kind is one of: ${Object.keys(kinds).join(", ")}`);
  const stray = Object.keys(raw).find((name) => !known.includes(name) && name !== "actions");
  if (stray !== undefined) throw new Error(`a fault has no "${stray}"`);
  const { kind, body = "", headers = {}, actions = [], to = "", set = {} } = raw;
  if (!Array.isArray(actions) || !actions.every(isAction)) throw new Error("fault.actions holds something else");
  if (!isRecord(set)) throw new Error("fault.set is no object");
  if (typeof to !== "string" || !isRecord(headers)) throw new Error("fault.to or fault.headers has another type");
  return {
    kind,
    ms: number(raw, "ms", 0),
    status: number(raw, "status", kind === "redirect" ? 302 : 500),
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    effect: raw["effect"] === true,
    percent: number(raw, "percent", 50),
    bytes: number(raw, "bytes", 1),
    at: raw["at"] === undefined ? null : number(raw, "at", 0),
    bytesPerSecond: number(raw, "bytesPerSecond", 1024),
    to,
    actions,
    set,
  };
};

const texts = ["method", "path", "operation", "token"] as const;
const numbers = ["nth", "times", "chance"] as const;

const matchOf = (raw: unknown): Match => {
  if (!isRecord(raw)) throw new Error("a rule needs a match");
  const pairs = Object.entries(raw).map(([name, value]) => {
    const fits =
      (texts.some((each) => each === name) && typeof value === "string") ||
      (numbers.some((each) => each === name) && typeof value === "number");
    if (!fits) throw new Error(`match.${name} is not understood`);
    return [name, value] as const;
  });
  return Object.fromEntries(pairs);
};

/** @throws Error for a rule that is not understood */
export const ruleOf = (raw: unknown, id: number): Rule => {
  if (!isRecord(raw)) throw new Error("a rule is an object");
  return { id, match: matchOf(raw["match"]), fault: faultOf(raw["fault"]), seen: 0, struck: 0 };
};

export interface Facts {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly token: string | null;
}

const fits = ({ match }: Rule, facts: Facts): boolean =>
  (match.method === undefined || match.method === facts.method) &&
  (match.operation === undefined || match.operation === facts.operation) &&
  (match.token === undefined || match.token === facts.token) &&
  (match.path === undefined || new RegExp(match.path).test(facts.path));

/** The faults that strike this call, in the order the rules were set; counts the call for each rule it fits. */
export const faultsFor = (rules: readonly Rule[], facts: Facts, random: () => number): readonly Fault[] =>
  rules.flatMap((rule) => {
    if (!fits(rule, facts)) return [];
    rule.seen += 1;
    const { nth = 1, times = 1, chance = 1 } = rule.match;
    if (rule.seen < nth || rule.struck >= times || (chance < 1 && random() >= chance)) return [];
    rule.struck += 1;
    return [rule.fault];
  });
