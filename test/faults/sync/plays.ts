/** How each fault strikes an operation: every form is a play of its own. */
import { type Play, TOKEN } from "./cell.ts";
import { hostilePlays } from "./hostile.ts";
import { type Fault, type Played, targets } from "./matrix.ts";

const project = (change: object): object => ({ do: "project", id: 4101, ...change });
const token = (change: object): object => ({ do: "token", name: TOKEN, ...change });
const before = (action: object): object => ({ kind: "before-call", actions: [action] });
const play = (name: string, ...rules: readonly object[]): Play => ({ name, rules });

/** Every operation meets every form when all are played; each day the forms take turns. */
const killed = (operation: Played): readonly Play[] => {
  const target = targets[operation];
  if (!("step" in target)) return [{ name: "while it is under way", kill: true, rules: [{ kind: "hang" }] }];
  const [name, count] = target.step;
  return ["sending", "answered", "settled"].map((moment) => ({
    name: moment,
    start: { killAt: `${name}/${moment}#${String(count)}` },
  }));
};

const YEAR_S = 31_536_000;
const busy = (name: string, headers: object): Play => ({
  ...play(name, { kind: "status", status: 429, body: "Retry later", headers }),
  endsDone: true,
});
/** The longest wait is a quarter of an hour, which at this pace is one of seconds. */
const absurd = (name: string, headers: object): Play => ({ ...busy(name, headers), start: { pace: 0.03 } });

const HEALTHY = [token({ state: "active", scopes: ["api"], user: TOKEN })];
const HOME = [
  project({ path: "team/models", experimentsOn: true, registryOn: true, packagesOn: true, archived: false }),
];

const answered = (status: number): readonly Play[] =>
  [false, true].map((effect) =>
    play(`${String(status)}${effect ? " when it was done" : ""}`, { kind: "status", status, body: "no", effect }),
  );

export const plays: Partial<Record<Fault, (operation: Played) => readonly Play[]>> = {
  F1: killed,
  F2: () => [play("dropped before", { kind: "drop-before" })],
  F3: () => [play("dropped after", { kind: "drop-after" })],
  F4: () => [{ ...play("late", { kind: "late-effect", ms: 5_000 }), settleMs: 400_000 }],
  F5: () => [
    busy("no word of when", {}),
    busy("a second", { "retry-after": "1" }),
    busy("a date in the past", { "retry-after": new Date(0).toUTCString() }),
    busy("what is no time", { "retry-after": "soon" }),
    absurd("a year", { "retry-after": String(YEAR_S) }),
  ],
  F6: () => [500, 502, 503, 504].flatMap(answered),
  F7: () => [
    play("cut", { kind: "truncate" }),
    play("empty", { kind: "empty", effect: true }),
    play("a web page", { kind: "html" }),
    play("no gzip", { kind: "garbage", effect: true }),
    play("an error within a success", { kind: "status", status: 200, body: '{"error":"it did not work"}' }),
  ],
  F8: () =>
    ["corrupt-byte", "short", "ignore-range", "change-etag"].map((kind) => play(kind.replace("-", " "), { kind })),
  F9: () => [
    ...[0, 50, 99.9].map((percent) => play(`cut at ${String(percent)} %`, { kind: "cut-at", percent })),
    { ...play("stored short", { kind: "stored-short" }), older: 1 },
    { ...play("stored wrong", { kind: "stored-wrong" }), older: 1 },
  ],
  F12: () =>
    [3_600_000, -3_600_000, 315_360_000_000, -315_360_000_000].map((clockOffset) => ({
      name: `by ${String(clockOffset / 3_600_000)} h`,
      start: { clockOffset },
    })),
  F13: () =>
    [{ state: "expired" }, { state: "revoked" }, { user: "second" }, { scopes: ["read_api"] }].map((change) => ({
      ...play(`token: ${JSON.stringify(change)}`, before(token(change))),
      heal: HEALTHY,
    })),
  F14: () =>
    [
      { path: "other/models" },
      { path: "team/renamed" },
      { archived: true },
      { experimentsOn: false, registryOn: false },
      { packagesOn: false },
    ].map((change) => ({
      ...play(`project: ${JSON.stringify(change)}`, before(project(change))),
      heal: HOME,
    })),
  F19: hostilePlays,
};

/** The form that stands for all of them where not all are played. */
export const formOfTheDay = (operation: Played, forms: readonly Play[]): readonly Play[] => {
  const form = forms[Number(operation.slice(1)) % forms.length];
  return form === undefined ? [] : [form];
};
