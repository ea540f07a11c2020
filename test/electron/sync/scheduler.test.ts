import { expect, test } from "vitest";
import { createScheduler } from "../../../electron/sync/scheduler.ts";
import type { SyncOutcome, SyncReport } from "../../../electron/sync/report.ts";
import type { RemoteRow } from "../../../electron/store/sync/rows.ts";
import { setupSync } from "../../helpers/sync.ts";

const MINUTE = 60_000;

/** Time that a test moves on; who sleeps wakes when it has come. */
const createManualClock = () => {
  let [now, wall] = [0, 0];
  let sleepers: { at: number; wake: () => void }[] = [];
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  return {
    now: () => now + wall,
    monotonic: () => now,
    sleep: (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((wake, fail) => {
        sleepers.push({ at: now + ms, wake });
        signal.addEventListener("abort", () => fail(new Error("woken")), { once: true });
      }),
    /** Moves on in steps, so that nobody sleeps past their time. */
    advance: async (ms: number): Promise<void> => {
      await settled();
      for (const end = now + ms; now < end;) {
        now = Math.min(end, ...sleepers.map(({ at }) => Math.max(at, now + 1)));
        const ready = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of ready) wake();
        await settled();
      }
    },
    /** The machine was away: only the clock on the wall went on. */
    away: (ms: number): void => void (wall += ms),
    settled,
  };
};

const setupScheduler = (row: Partial<RemoteRow> = { mode: "auto" }) => {
  const { sync: state, remote } = setupSync();
  state.remotes.update(remote, row);
  const clock = createManualClock();
  const synced: number[] = [];
  const answer: { outcome: SyncOutcome; ahead: number; during: () => void } = { outcome: "done", ahead: 0, during: () => {} }; // prettier-ignore
  const looks = { count: 0 };
  const scheduler = createScheduler({
    remotes: () => {
      looks.count += 1;
      return state.remotes.list();
    },
    sync: ({ name }) => {
      synced.push(clock.monotonic());
      answer.during();
      return Promise.resolve({ ...emptyReport, remote: name, outcome: answer.outcome, counts: { ...emptyReport.counts, ahead: answer.ahead } }); // prettier-ignore
    },
    clock,
    random: () => 0.5,
    pace: 1,
    onError: (error) => {
      throw error;
    },
  });
  return { scheduler, clock, synced, answer, looks };
};

const zeros = { pushed: 0, pulled: 0, settled: 0, conflicts: 0, blocked: 0, excluded: 0, gone: 0, duplicates: 0 };
const emptyReport: SyncReport = {
  remote: "",
  what: "push,pull",
  outcome: "done",
  problem: null,
  plan: null,
  counts: { ...zeros, ahead: 0, behind: 0, files_up: 0, files_down: 0, bytes_up: 0, bytes_down: 0, calls: 0, writes: 0, rounds: 0 }, // prettier-ignore
  unfinished: [],
  remarks: [],
  started_at: 0,
  ended_at: 0,
};

test("an automatic remote is synced at the start and every quarter of an hour", async () => {
  const { scheduler, clock, synced } = setupScheduler();
  scheduler.start();
  await clock.advance(46 * MINUTE);
  expect(synced).toHaveLength(4);
  await scheduler.stop();
});

test("changes are waited out, but not for ever", async () => {
  const { scheduler, clock, synced } = setupScheduler();
  scheduler.start();
  await clock.advance(MINUTE);
  scheduler.changed();
  await clock.advance(4_000);
  scheduler.changed();
  await clock.advance(4_000);
  expect(synced).toHaveLength(1);
  await clock.advance(2_000);
  expect(synced).toHaveLength(2);
  for (let second = 0; second < 62; second += 2) {
    scheduler.changed();
    await clock.advance(2_000);
  }
  expect(synced).toHaveLength(3);
  await scheduler.stop();
});

test("thousands of commits cost next to nothing, and the last of them is synced too", async () => {
  const { scheduler, clock, synced, looks, answer } = setupScheduler();
  answer.ahead = 1;
  scheduler.start();
  await clock.advance(MINUTE);
  const before = looks.count;
  for (let i = 0; i < 5_000; i += 1) scheduler.changed();
  expect(looks.count).toBe(before + 1);
  await clock.advance(5_000);
  expect(synced).toHaveLength(2);
  scheduler.changed(); // right after that sync has begun
  await clock.advance(6_000);
  expect(synced).toHaveLength(3);
  await scheduler.stop();
});

test("what a sync changes here itself does not start another", async () => {
  const { scheduler, clock, synced, answer } = setupScheduler();
  answer.during = () => scheduler.changed();
  scheduler.start();
  await clock.advance(10 * MINUTE);
  expect(synced).toHaveLength(1);
  answer.ahead = 3; // somebody else changed something meanwhile
  scheduler.changed();
  await clock.advance(12_000);
  expect(synced.length).toBeGreaterThan(2);
  await scheduler.stop();
});

test("without a network it is tried more and more rarely, and at once when the network is back", async () => {
  const { scheduler, clock, synced, answer } = setupScheduler();
  answer.outcome = "offline";
  scheduler.start();
  await clock.advance(60 * MINUTE);
  expect(synced.length).toBeGreaterThan(4);
  expect(synced.length).toBeLessThan(12);
  const tries = synced.length;
  scheduler.changed();
  await clock.advance(10_000);
  expect(synced).toHaveLength(tries);
  scheduler.online();
  await clock.settled();
  expect(synced).toHaveLength(tries + 1);
  await scheduler.stop();
});

test("a machine that was asleep syncs when it is awake", async () => {
  const { scheduler, clock, synced } = setupScheduler();
  scheduler.start();
  await clock.advance(MINUTE);
  clock.away(8 * 60 * MINUTE);
  await clock.advance(MINUTE);
  expect(synced).toHaveLength(2);
  await scheduler.stop();
});

test("a token that is refused is not tried in a loop, and at once when it was renewed", async () => {
  const { scheduler, clock, synced, answer } = setupScheduler();
  answer.outcome = "auth_needed";
  scheduler.start();
  await clock.advance(50 * MINUTE);
  expect(synced).toHaveLength(1);
  scheduler.nudge("hub");
  await clock.settled();
  expect(synced).toHaveLength(2);
  await scheduler.stop();
});

test.each([{ mode: "ask" }, { mode: "never" }, { mode: "auto", paused: true }] as const)(
  "a remote with %j does nothing by itself",
  async (row) => {
    const { scheduler, clock, synced } = setupScheduler(row);
    scheduler.start();
    scheduler.changed();
    scheduler.online();
    await clock.advance(60 * MINUTE);
    expect(synced).toEqual([]);
    await scheduler.stop();
  },
);
