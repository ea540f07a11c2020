/**
 * The matrix against the engine in a real host and the GitLab double, over HTTP. ALL_CELLS=1 (`npm run test:faults`)
 * plays every cell; else one for each fault.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fault as Played, openStage, playCell, type Stage, TOKEN } from "./cell.ts";
import { type Fault, type Operation, played, targets } from "./matrix.ts";

const isAll = process.env["ALL_CELLS"] !== undefined;
const LONG = 600_000; // a machine may be busy with much else

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const turn = <T>(operation: Operation, forms: readonly T[]): readonly T[] => {
  const form = forms[Number(operation.slice(1)) % forms.length];
  return form === undefined ? [] : [form];
};

const project = (change: object): object => ({ do: "project", id: 4101, ...change });
const token = (change: object): object => ({ do: "token", name: TOKEN, ...change });
const before = (action: object): object => ({ kind: "before-call", actions: [action] });

const killed = (operation: keyof typeof targets): readonly Played[] => {
  const target = targets[operation];
  if (!("step" in target)) return [{ kill: true, rules: [{ kind: "hang" }] }];
  const [name, count] = target.step;
  return ["sending", "answered", "settled"].map((moment) => ({
    start: { killAt: `${name}/${moment}#${String(count)}` },
  }));
};

const rules = (...list: readonly object[]): Played => ({ rules: list });
const HEALTHY = [token({ state: "active", scopes: ["api"], user: TOKEN })];
const limits = (headers: object): Played => rules({ kind: "status", status: 429, body: "Retry later", headers });
const asStatus = (status: number): readonly Played[] =>
  [false, true].map((effect) => rules({ kind: "status", status, body: "no", effect }));

/** How the fault strikes the operation: each is a play of its own. */
const plays: Partial<Record<Fault, (operation: keyof typeof targets) => readonly Played[]>> = {
  F1: killed,
  F2: () => [rules({ kind: "drop-before" })],
  F3: () => [rules({ kind: "drop-after" })],
  F4: () => [{ settleMs: 400_000, rules: [{ kind: "late-effect", ms: 5_000 }] }],
  F5: (operation) =>
    turn(operation, [limits({}), limits({ "retry-after": "1" }), limits({ "retry-after": new Date(0).toUTCString() })]),
  F6: (operation) => turn(operation, [500, 502, 503, 504]).flatMap(asStatus),
  F7: (operation) =>
    turn(operation, [
      { kind: "truncate" },
      { kind: "empty", effect: true },
      { kind: "html" },
      { kind: "garbage", effect: true },
      { kind: "status", status: 200, body: '{"error":"it did not work"}' },
    ]).map((fault) => rules(fault)),
  F8: () =>
    [{ kind: "corrupt-byte" }, { kind: "short" }, { kind: "ignore-range" }, { kind: "change-etag" }].map((fault) =>
      rules(fault),
    ),
  F9: () =>
    [
      { kind: "cut-at", percent: 0 },
      { kind: "cut-at", percent: 50 },
      { kind: "cut-at", percent: 99.9 },
    ].map((fault) => rules(fault)),
  F12: (operation) =>
    turn(operation, [3_600_000, -3_600_000, 315_360_000_000, -315_360_000_000]).map((clockOffset) => ({
      start: { clockOffset },
    })),
  F13: (operation) =>
    turn(operation, [{ state: "expired" }, { state: "revoked" }, { user: "second" }, { scopes: ["read_api"] }]).map(
      (change) => ({ rules: [before(token(change))], heal: HEALTHY }),
    ),
  F14: (operation) =>
    turn(operation, [{ path: "team/moved" }, { experimentsOn: false, registryOn: false }]).map((change) => ({
      rules: [before(project(change))],
      heal: [project({ path: "team/models", experimentsOn: true, registryOn: true })],
    })),
};

/** The operation that stands for its fault where not all are played. */
const daily: Partial<Record<Fault, Operation>> = {
  F1: "O5",
  F2: "O3",
  F3: "O2",
  F4: "O9",
  F5: "O8",
  F6: "O7",
  F7: "O1",
  F8: "O12",
  F9: "O7",
  F12: "O10",
  F13: "O4",
  F14: "O11",
};

const faultsPlayed = [...new Set(played.map(({ fault }) => fault))];

describe.each(faultsPlayed)("%s", (fault) => {
  const list = played.filter((cell) => cell.fault === fault && (isAll || daily[fault] === cell.operation));
  test.each(list)(
    "$fault $operation",
    async ({ operation }) => {
      const ways = plays[fault]?.(operation) ?? [];
      expect(ways.length, "ways of the fault").toBeGreaterThan(0);
      for (const way of isAll ? ways : ways.slice(0, 1)) await playCell(stage, operation, way);
    },
    LONG,
  );
});
