import { expect, test } from "vitest";
import { readArguments } from "../../../electron/shell/arguments.ts";

test("reads the folder, the host's settings, links and files, and leaves Chromium's switches alone", () => {
  const words = [
    "--data-dir",
    "/d",
    "--port=0",
    "--hidden",
    "--ozone-platform=x11",
    "--no-first-run",
    "outpost://models",
    "a b.csv",
    "-psn_0_1",
  ];
  expect(readArguments(words)).toEqual({
    dataDir: "/d",
    flags: { port: "0" },
    hidden: true,
    rest: ["outpost://models", "a b.csv"],
  });
});

test("a switch without a value does not eat the next one", () => {
  expect(readArguments(["--data-dir", "--hidden"])).toMatchObject({ dataDir: "", hidden: true });
});

test("nothing given is nothing asked for", () => {
  expect(readArguments([])).toEqual({ dataDir: undefined, flags: {}, hidden: false, rest: [] });
});

test("a switch that is yes or no needs no word, and takes only one that says so", () => {
  expect(readArguments(["--require-token", "outpost://models"])).toMatchObject({
    flags: { require_token: "true" },
    rest: ["outpost://models"],
  });
  expect(readArguments(["--require-token", "no", "a.csv"])).toMatchObject({
    flags: { require_token: "no" },
    rest: ["a.csv"],
  });
});
