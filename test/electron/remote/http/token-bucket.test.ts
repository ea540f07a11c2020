import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokenBucket } from "../../../../electron/remote/http/token-bucket.ts";

const setup = (rate: number | undefined) => {
  const clock = { now: 0, rate };
  const deps = {
    now: () => clock.now,
    sleep: (ms: number) => {
      clock.now += ms;
      return Promise.resolve();
    },
  };
  return { clock, bucket: createTokenBucket(() => clock.rate, deps) };
};

test.each([undefined, 0])("no limit (%s) is no wait", async (rate) => {
  const { clock, bucket } = setup(rate);
  for (let nth = 0; nth < 100; nth += 1) await bucket.take(1_000_000);
  expect(clock.now).toBe(0);
});

test("bytes take the time that the rate gives them, but for what a rest allows at once", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 100, max: 1_000_000 }),
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 5, maxLength: 50 }),
      async (rate, sizes) => {
        const { clock, bucket } = setup(rate);
        for (const size of sizes) await bucket.take(size);
        await bucket.take(0);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        expect(clock.now).toBeCloseTo(Math.max((total * 1000) / rate - 250, 0), 3);
      },
    ),
  ));

test("a rest is no credit for more than a quarter of a second", async () => {
  const { clock, bucket } = setup(1000);
  clock.now = 1_000_000;
  await bucket.take(250);
  await bucket.take(1000);
  expect(clock.now).toBe(1_000_000);
  await bucket.take(1);
  expect(clock.now).toBe(1_001_000);
});

test("another rate counts from the next take on", async () => {
  const { clock, bucket } = setup(1000);
  await bucket.take(10_000);
  clock.rate = undefined;
  await bucket.take(10_000);
  expect(clock.now).toBe(0);
});

test("a wait ends with its signal", async () => {
  const bucket = createTokenBucket(() => 1, {
    now: () => 0,
    sleep: (_ms, signal) => Promise.reject(signal?.reason as Error),
  });
  await bucket.take(1000);
  await expect(bucket.take(1, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
});
