import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RemoteError, type RemoteTrouble } from "../../../../electron/remote/errors.ts";
import {
  backoffMs,
  createBreaker,
  createPacer,
  createRetryBudget,
  MAX_WAIT_MS,
  retryAfterMs,
} from "../../../../electron/remote/http/pacer.ts";

const DATE = "Tue, 14 Nov 2023 22:13:20 GMT"; // 1700000000

describe("how long a remote asks to be left alone", () => {
  test.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": " 3 " }, 3000],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "31536000" }, MAX_WAIT_MS],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "1e99" }, undefined],
    [{ "retry-after": "Tue, 14 Nov 2023 22:13:30 GMT", date: DATE }, 10_000],
    [{ "retry-after": "Tue, 14 Nov 2023 22:13:10 GMT", date: DATE }, 0],
    [{ "retry-after": "Tue, 14 Nov 2033 22:13:10 GMT", date: DATE }, MAX_WAIT_MS],
    [{ "retry-after": "Tue, 14 Nov 2023 22:13:30 GMT" }, undefined], // our own clock is not asked
    [{ "ratelimit-reset": "1700000020", date: DATE }, 20_000],
    [{ "ratelimit-reset": "1600000000", date: DATE }, 0],
    [{ "ratelimit-reset": "1700000020" }, undefined],
    [{ "ratelimit-reset": "30" }, 30_000],
    [{ "retry-after": "soon", "ratelimit-reset": "30" }, 30_000],
    [{ "retry-after": "2", "ratelimit-reset": "30" }, 2000],
    [{}, undefined],
  ])("%j: %s ms", (headers, expected) => {
    expect(retryAfterMs(headers)).toBe(expected);
  });

  test("whatever the headers say, never below zero and never over 15 minutes", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (after, reset, date) => {
        const ms = retryAfterMs({ "retry-after": after, "ratelimit-reset": reset, date });
        expect(ms === undefined || (ms >= 0 && ms <= MAX_WAIT_MS)).toBe(true);
      }),
    );
  });
});

test("backoff is anything up to a bound that doubles from 1 s to 60 s", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((tries) => backoffMs(tries, () => 1));
  expect(bounds).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((each) => each * 1000));
  expect(backoffMs(5, () => 0)).toBe(0);
});

describe("the breaker", () => {
  const setup = () => {
    const clock = { now: 0 };
    const breaker = createBreaker(() => clock.now);
    const fail = (times: number): void => {
      for (let nth = 0; nth < times; nth += 1) breaker.enter()("down");
    };
    return { clock, breaker, fail };
  };

  test("opens after 8 failures in a row and says for how long", () => {
    const { breaker, fail, clock } = setup();
    fail(7);
    breaker.enter()("up");
    fail(7);
    breaker.enter()("unknown"); // neither good nor bad
    expect(breaker.isOpen()).toBe(false);
    fail(1);
    expect(breaker.isOpen()).toBe(true);
    clock.now = 20_000;
    expect(() => breaker.enter()).toThrow(
      expect.objectContaining({ trouble: "unavailable", maybeDone: false, retryAfterMs: 40_000 }),
    );
  });

  test("lets one call a minute find out; a good one closes it, a bad one does not, a cancelled one gives its turn back", () => {
    const { breaker, fail, clock } = setup();
    fail(8);
    clock.now = 60_000;
    const probe = breaker.enter();
    expect(() => breaker.enter()).toThrow();
    probe("unknown");
    breaker.enter()("down");
    expect(() => breaker.enter()).toThrow();
    clock.now = 120_000;
    breaker.enter()("up");
    expect(breaker.isOpen()).toBe(false);
    breaker.enter()("up");
  });

  test("calls that were under way when it opened do not count as the one that finds out", () => {
    const { breaker, fail, clock } = setup();
    const early = breaker.enter();
    fail(8);
    clock.now = 60_000;
    const probe = breaker.enter();
    early("down");
    expect(() => breaker.enter()).toThrow();
    probe("up");
    expect(breaker.isOpen()).toBe(false);
  });
});

test("an address is retried 11 times an hour, so that a call goes out 12 times at most", () => {
  const clock = { now: 0 };
  const mayRetry = createRetryBudget(() => clock.now);
  const allowed = Array.from({ length: 20 }, () => mayRetry("GET /a")).filter(Boolean);
  expect(allowed).toHaveLength(11);
  expect(mayRetry("GET /b")).toBe(true);
  clock.now = 3_600_001;
  expect(mayRetry("GET /a")).toBe(true);
});

describe("retrying", () => {
  const setup = (random = 0.5) => {
    const clock = { now: 0 };
    const waits: number[] = [];
    const pacer = createPacer({
      now: () => clock.now,
      sleep: (ms) => {
        waits.push(ms);
        clock.now += ms;
        return Promise.resolve();
      },
      random: () => random,
      pace: 1,
    });
    let tries = 0;
    const run = (
      trouble: RemoteTrouble | undefined,
      pacing: { safe?: boolean; repeatable?: boolean; after?: number } = {},
    ) => {
      const { safe = true, repeatable = true, after } = pacing;
      const { signal } = new AbortController();
      return pacer.run({ safe, repeatable, address: `GET /${String(trouble)}`, signal }, () => {
        tries += 1;
        if (trouble === undefined) return Promise.resolve("done");
        return Promise.reject(new RemoteError(trouble, "no", { status: 599, retryAfterMs: after }));
      });
    };
    return { run, waits, clock, tries: () => tries };
  };

  const all: readonly RemoteTrouble[] = [
    ...(["offline", "captive", "insecure", "auth", "forbidden", "gone", "invalid", "exists"] as const),
    ...(["too_large", "corrupt", "cancelled"] as const),
  ];
  test.each(all)("%s is told at once, for a read as for a write", async (trouble) => {
    const { run, tries } = setup();
    await expect(run(trouble)).rejects.toMatchObject({ trouble });
    await expect(run(trouble, { safe: false })).rejects.toMatchObject({ trouble });
    expect(tries()).toBe(2);
  });

  test.each(["unavailable", "garbled"] as const)("%s: a read goes out 6 times, a write once", async (trouble) => {
    const { run, tries, waits } = setup();
    await expect(run(trouble)).rejects.toMatchObject({ trouble });
    expect(tries()).toBe(6);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000]);
    await expect(run(trouble, { safe: false })).rejects.toMatchObject({ trouble });
    expect(tries()).toBe(7);
  });

  test("a write that was not executed (429) goes out again when the remote allows it, unless its body is spent", async () => {
    const { run, tries, waits } = setup();
    await expect(run("rate_limited", { safe: false, after: 10_000 })).rejects.toMatchObject({
      trouble: "rate_limited",
    });
    expect(tries()).toBe(6);
    expect(waits).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    await expect(run("rate_limited", { repeatable: false })).rejects.toThrow();
    expect(tries()).toBe(7);
  });

  test("a 429 without a word waits by backoff", async () => {
    const { run, waits } = setup(1);
    await expect(run("rate_limited")).rejects.toThrow();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  test("while one call waits for a rate limit, others wait with it", async () => {
    const waits: number[] = [];
    const sleep = (ms: number) => {
      waits.push(ms);
      return new Promise<void>(() => {});
    };
    const pacer = createPacer({ now: () => 0, sleep, random: () => 0, pace: 1 });
    const pacing = { safe: false, repeatable: true, address: "POST /a", signal: new AbortController().signal };
    const limited = new RemoteError("rate_limited", "no", { status: 429, retryAfterMs: 30_000 });
    void pacer.run(pacing, () => Promise.reject(limited));
    await setImmediate();
    let wasTried = false;
    void pacer.run({ ...pacing, address: "POST /b" }, () => Promise.resolve((wasTried = true)));
    await setImmediate();
    expect({ waits, wasTried }).toEqual({ waits: [30_000, 30_000], wasTried: false });
  });

  test("retries end when the breaker opens; later calls are refused until it may be tried", async () => {
    const { run, tries, clock } = setup();
    await expect(run("unavailable")).rejects.toThrow("no");
    await expect(run("unavailable")).rejects.toThrow("no");
    expect(tries()).toBe(8);
    await expect(run(undefined)).rejects.toMatchObject({ trouble: "unavailable", retryAfterMs: expect.any(Number) });
    expect(tries()).toBe(8);
    clock.now += 60_000;
    await expect(run(undefined)).resolves.toBe("done");
  });

  test("what is no RemoteError is a bug and is passed on", async () => {
    const pacer = createPacer({ now: () => 0, sleep: () => Promise.resolve(), random: () => 0, pace: 1 });
    const { signal } = new AbortController();
    const bug = () => Promise.reject(new TypeError("bug"));
    await expect(pacer.run({ safe: true, repeatable: true, address: "a", signal }, bug)).rejects.toThrow(TypeError);
  });
});
