import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createGate } from "../../../electron/sync/gate.ts";
import { firstBytes, firstChunks, takingTurns } from "../../../electron/sync/streams.ts";

const source = (...chunks: string[]): Readable => Readable.from(chunks.map((text) => Buffer.from(text)), { objectMode: false }); // prettier-ignore

test.each([
  [0, ""],
  [3, "abc"],
  [4, "abcd"],
  [6, "abcdef"],
  [99, "abcdef"],
])("the first %i bytes are no more and no less, and the source is let go of", async (size, text) => {
  const from = source("abc", "def");
  expect((await buffer(firstBytes(from, size))).toString()).toBe(text);
  expect(from.destroyed).toBe(true);
});

test("chunks are passed on as they are, and only the last one is cut", async () => {
  const [first, second] = [Buffer.from("abc"), Buffer.from("def")];
  const passed: Buffer[] = [];
  for await (const chunk of firstChunks(Readable.from([first, second], { objectMode: false, highWaterMark: 1 }), 4))
    passed.push(chunk);
  expect(passed[0]).toBe(first);
  expect(passed.map(String)).toEqual(["abc", "d"]);
});

test("an error of the source is the reader's", async () => {
  const broken = new Readable({ read: () => void broken.destroy(new Error("The disk is gone")) });
  await expect(buffer(firstBytes(broken, 5))).rejects.toThrow("The disk is gone");
});

test("a pause holds a stream between two chunks, and a cancelled sync ends it", async () => {
  const [gate, abort] = [createGate(), new AbortController()];
  const seen: string[] = [];
  const turn = async (): Promise<void> => gate.turn(abort.signal);
  gate.close();
  const reading = (async () => {
    for await (const chunk of takingTurns(source("abc", "def"), turn)) seen.push(String(chunk));
  })();
  for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
  expect(seen).toEqual([]);
  gate.open();
  await reading;
  expect(seen.join("")).toBe("abcdef");
  gate.close();
  const held = buffer(takingTurns(source("abc"), turn));
  abort.abort();
  await expect(held).rejects.toThrow("Cancelled");
});
