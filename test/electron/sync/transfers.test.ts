import { expect, test, vi } from "vitest";
import { shareTransfer } from "../../../electron/sync/transfers.ts";
import { createMemoryWorld, richMemory } from "../../../electron/remote/memory.ts";
import { setupWorkstation } from "../../helpers/workstation.ts";

const setup = () => {
  const { local } = setupWorkstation({ world: createMemoryWorld(richMemory) });
  let begun = 0;
  const last: { end: PromiseWithResolvers<string>; signal: AbortSignal | undefined; tell: (total: number) => void } = {
    end: Promise.withResolvers(),
    signal: undefined,
    tell: () => {},
  };
  const want = (key: string) => {
    const gone = new AbortController();
    const seen: number[] = [];
    const job = shareTransfer(
      local,
      { key, signal: gone.signal, onBytes: (n) => void seen.push(n) },
      (signal, tell) => {
        begun += 1;
        const end = Promise.withResolvers<string>();
        Object.assign(last, { end, signal, tell });
        return end.promise;
      },
    );
    return { job, gone, seen };
  };
  return { want, last, begun: () => begun };
};

test("two who want the same bytes share one transfer and see the same progress", async () => {
  const { want, last, begun } = setup();
  const [one, two] = [want("a"), want("a")];
  last.tell(5);
  last.end.resolve("digest");
  expect([await one.job, await two.job]).toEqual(["digest", "digest"]);
  expect([begun(), one.seen, two.seen]).toEqual([1, [5], [5]]);
});

test("one who leaves does not stop the other; the last one does, and whoever comes then begins anew", async () => {
  const { want, last, begun } = setup();
  const [one, two] = [want("a"), want("a")];
  one.gone.abort(new Error("first left"));
  await expect(one.job).rejects.toThrow("first left");
  expect(last.signal?.aborted).toBe(false);
  const left = expect(two.job).rejects.toThrow("second left");
  two.gone.abort(new Error("second left"));
  await vi.waitFor(() => expect(last.signal?.aborted).toBe(true));
  const three = want("a");
  expect(begun(), "while the file is not closed").toBe(1);
  last.end.reject(new Error("closed"));
  await left;
  await expect.poll(begun).toBe(2);
  expect(last.signal?.aborted).toBe(false);
  last.end.resolve("digest");
  expect(await three.job).toBe("digest");
});

test("a failure is everybody's, and the next one tries again; other bytes are another transfer", async () => {
  const { want, last, begun } = setup();
  const [one, two] = [want("a"), want("a")];
  last.end.reject(new Error("cut"));
  await expect(one.job).rejects.toThrow("cut");
  await expect(two.job).rejects.toThrow("cut");
  const three = want("a");
  const firsts = last.end;
  const four = want("b");
  expect(begun()).toBe(3);
  last.end.resolve("of b");
  expect(await four.job).toBe("of b");
  const gone = expect(three.job).rejects.toThrow("enough");
  three.gone.abort(new Error("enough"));
  firsts.reject(new Error("closed"));
  await gone;
});
