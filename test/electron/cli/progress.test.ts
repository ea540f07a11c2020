import { expect, test } from "vitest";
import { createProgress } from "../../../electron/cli/progress.ts";
import { underTicket, watchBundle } from "../../../electron/host/operations/bundle-watch.ts";

const screen = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, written, write: (text: string): void => void written.push(text) };
};

test("a terminal gets one line that is written over and taken away", () => {
  const terminal = screen(true);
  const progress = createProgress({}, terminal);
  progress.show("Writing", "1.0 MB of 2.0 MB");
  progress.end();
  expect(terminal.written).toEqual(["\rWriting: 1.0 MB of 2.0 MB\u001b[K", "\r\u001b[K"]);
});

test.each([
  ["a pipe", false, false],
  ["--json", true, true],
])("%s gets none", (_what, isTTY, json) => {
  const quiet = screen(isTTY);
  const progress = createProgress({ json }, quiet);
  progress.show("Writing", "1");
  progress.end();
  expect([progress.isShown, quiet.written]).toEqual([false, []]);
});

test("an operation under a ticket says what it is at and how far, and nothing after its end", async () => {
  const at = () => watchBundle.run(undefined as never, { ticket: "t" }, { actor: "a", surface: "cli" });
  await underTicket("t", (steering) => {
    steering?.onExport?.({ phase: "write", bytes: 10, totalBytes: 40 });
    expect(at()).toEqual({ line: "Writing", done: 10, total: 40 });
    steering?.onVerify?.(20, 40);
    expect(at()).toMatchObject({ done: 20, total: 40 });
    return Promise.resolve();
  });
  expect(at()).toMatchObject({ line: null });
});
