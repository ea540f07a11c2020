import { expect, test } from "vitest";
import type { RemoteInfo } from "../../../shared/api/outpost/remotes.ts";
import { objectAction, outcomeText, standingOf, statesOf, tokenPlaceText } from "../../../renderer/sync/words.ts";
import { needing, worstOf } from "../../../renderer/sync/worst.ts";
import { fileOwner } from "../../../renderer/sync/object-id.ts";
import { webUrl } from "../../../renderer/sync/web-url.ts";
import { remoteInfo } from "./remote-info.ts";

test.each<[string, Partial<RemoteInfo>, string, string | undefined]>([
  ["is being synced", { job_id: "7", state: "auth_needed" }, "A sync is under way.", undefined],
  ["has lost its token", { state: "auth_needed", conflicts: 2 }, "does not accept the token", "token"],
  ["has a problem", { state: "problem" }, "put right", "test"],
  ["rests", { paused: true, state: "offline" }, "It rests", "resume"],
  ["is out of reach", { state: "offline", ahead: 3 }, "could not be reached", "retry"],
  ["is new", { first_contact: true, state: "new" }, "Nothing has been sent or fetched yet", "plan"],
  ["has a first plan", { first_contact: true, plan: "abc" }, "The first plan waits", "open_plan"],
  ["has a conflict", { conflicts: 1, ahead: 4 }, "1 conflict needs you.", "conflicts"],
  ["has conflicts", { conflicts: 2 }, "2 conflicts need you.", "conflicts"],
  ["asks", { plan: "abc", mode: "ask", ahead: 1 }, "A plan waits for you.", "open_plan"],
  ["asks, and has a plan of nothing", { plan: "abc", mode: "ask" }, "Both sides hold the same.", "sync"],
  ["differs", { ahead: 3, behind: 1 }, "3 objects changed here · 1 object changed there.", "sync"],
  ["has an old plan and differs", { plan: "abc", mode: "auto", ahead: 1 }, "1 object changed here.", "sync"],
  ["is equal", {}, "Both sides hold the same.", "sync"],
])("a remote that %s says so and offers one thing", (_what, fields, text, action) => {
  const standing = standingOf(remoteInfo(fields));
  expect(standing.text).toContain(text);
  expect(standing.action).toBe(action);
});

test("the remote that needs a person most is shown; those that wait for one are on Home", () => {
  const calm = remoteInfo({ name: "calm" });
  const differing = remoteInfo({ name: "differing", ahead: 2 });
  const conflicting = remoteInfo({ name: "conflicting", conflicts: 1 });
  expect(worstOf([calm, differing, conflicting])?.name).toBe("conflicting");
  expect(worstOf([calm, remoteInfo({ name: "other" })])?.name).toBe("calm");
  expect(worstOf([])).toBeUndefined();
  expect(needing([calm, differing, conflicting]).map(({ name }) => name)).toEqual(["conflicting"]);
});

test("states that need a person come first, empty and unknown ones not at all", () => {
  const counts = [
    { name: "done", count: 9 },
    { name: "local", count: 0 },
    { name: "blocked", count: 1 },
    { name: "conflict", count: 2 },
    { name: "from the future", count: 3 },
  ];
  expect(statesOf(counts).map(({ state }) => state)).toEqual(["conflict", "blocked", "done"]);
});

test("files that are not here are what there is to do, where an object has any", () => {
  expect(objectAction({ state: "done", files_missing: 2 })).toBe("files");
  expect(objectAction({ state: "done", files_missing: 0 })).toBe("there");
  expect(objectAction({ state: "remote_only", files_missing: 0 })).toBe("there");
  expect(objectAction({ state: "blocked", files_missing: 2 })).toBe("plan");
});

test("an outcome of a newer host keeps its own word", () => {
  expect(outcomeText("done")).toBe("Done");
  expect(outcomeText(null)).toBe("Running");
  expect(outcomeText("postponed")).toBe("postponed");
});

test("the place of a token is said, its value never known", () => {
  expect(tokenPlaceText("file:/home/mira/C:token")).toBe("in the file /home/mira/C:token");
  expect(tokenPlaceText("variable:OUTPOST_TOKEN_LAB")).toBe("in the variable OUTPOST_TOKEN_LAB");
  expect(tokenPlaceText("kept")).toBe("kept by Outpost");
  expect(tokenPlaceText("problem:The file is gone")).toBe("The file is gone");
});

test("whose files are wanted is read from the page's address", () => {
  expect(fileOwner({ kind: "run", href: "#/experiments/1/runs/abc" })).toEqual({ kind: "run", id: "abc" });
  expect(fileOwner({ kind: "model_version", href: "#/models/a%2Fb/versions/3" })).toEqual({
    kind: "model_version",
    id: "a/b/3",
  });
  expect(fileOwner({ kind: "experiment", href: "#/experiments/1" })).toBeUndefined();
  expect(fileOwner({ kind: "run", href: null })).toBeUndefined();
});

test("an address that another machine names is a link only where a browser may open it", () => {
  expect(webUrl("https://gitlab.example/g/p")).toBe("https://gitlab.example/g/p");
  expect(webUrl("javascript:alert(1)")).toBeUndefined();
  expect(webUrl("data:text/html,x")).toBeUndefined();
  expect(webUrl("not an address")).toBeUndefined();
  expect(webUrl(null)).toBeUndefined();
});
