import { expect, test } from "vitest";
import {
  appRules,
  contentsRules,
  isOfHost,
  isPage,
  refusals,
  refusedSwitches,
  sessionRules,
  webPreferences,
} from "../../../electron/shell/hardening.ts";

const origin = "http://127.0.0.1:5000";

test("windows have no power of their own", () => {
  expect(webPreferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    navigateOnDragDrop: false,
    spellcheck: false,
  });
});

test.each([
  ...refusedSwitches.map((name) => [`--${name}`]),
  ["--inspect=9229"],
  ["--Remote-Debugging-Port=1"],
  ["-inspect"],
  ["/inspect"],
])("a released app does not start with %s", (argument) => {
  expect(refusals({ argv: ["--hidden", argument], env: {} })).toHaveLength(1);
});

test("nor as a plain Node; ordinary words are no switches", () => {
  expect(refusals({ argv: [], env: { ELECTRON_RUN_AS_NODE: "1" } })).toEqual(["ELECTRON_RUN_AS_NODE"]);
  const argv = ["--data-dir=/x/--inspect", "outpost://inspect", "/home/inspect/run", "--hidden", "--port", "0"];
  expect(refusals({ argv, env: { ELECTRON_RUN_AS_NODE: "" } })).toEqual([]);
});

test.each([
  [`${origin}/`, true, true],
  [`${origin}/#/experiments/1`, true, true],
  [`${origin}/get-artifact?path=x.html`, true, false],
  [`blob:${origin}/0f`, true, false],
  ["http://127.0.0.1:5001/", false, false],
  ["http://127.0.0.1.evil.example:5000/", false, false],
  ["http://127.0.0.1:5000@evil.example/", false, false],
  ["https://127.0.0.1:5000/", false, false],
  ["http://localhost:5000/", false, false],
  ["file:///etc/passwd", false, false],
  ["data:text/html,x", false, false],
  ["javascript:alert(1)", false, false],
  ["about:blank", false, false],
])("%s is of the host: %s, is the page: %s", (url, ofHost, page) => {
  expect([isOfHost(url, origin), isPage(url, origin)]).toEqual([ofHost, page]);
});

test("before the host answers nothing is its own", () => {
  expect(isOfHost("about:blank", undefined)).toBe(false);
});

test("the list is whole: a rule that goes missing is noticed", () => {
  const names = [...appRules, ...sessionRules, ...contentsRules].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toMatchInlineSnapshot(`
    [
      "every renderer is sandboxed, also one that nobody thought of",
      "no name is ever resolved: the page is on 127.0.0.1",
      "no proxy stands between the window and the host",
      "certificate errors are never waved through",
      "no client certificate is offered",
      "requests go to the host only",
      "only the page itself speaks as the owner, not what it shows in frames",
      "permissions are refused when they are asked for",
      "permissions are refused when they are looked up",
      "no device is handed to the page",
      "the screen is not captured",
      "files are downloaded from the host only",
      "no spell-checker fetches dictionaries",
      "the window stays on the host's page",
      "a redirect cannot lead away",
      "frames show the host's previews and nothing else",
      "the page opens no windows",
      "no page is embedded with powers of its own",
      "WebRTC tells no address",
      "a released app has no developer tools",
    ]
  `);
});
