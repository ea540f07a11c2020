/** What is looked at while writes arrive: what counts as one of somebody's, and what does not. */
import { expect, test } from "vitest";
import { createBook } from "./book.ts";
import { createFarSide } from "./far-side.ts";
import { createProgram } from "./program.ts";
import { createRandom } from "./random.ts";
import type { World } from "./simulate.ts";
import { createTime } from "./time.ts";
import { createWatch } from "./watch.ts";

const setup = () => {
  const breaks: string[] = [];
  const random = createRandom(1);
  const watch = createWatch(() => world);
  const far = watch.far(createFarSide(random, true, () => 0));
  const book = createBook();
  const program = { ...createProgram(1), rich: true };
  const world: World = { program, far, book, time: createTime(random), seats: [], broken: (invariant) => void breaks.push(invariant) }; // prettier-ignore
  const say = (status: string): void => book.edit({ who: "far", kind: "run", id: "r1" }, { status });
  return { breaks, far, say };
};

test("a status that a server gives of its own accord is not one that somebody wrote", () => {
  const { breaks, far, say } = setup();
  say("FINISHED");
  say("RUNNING");
  const run = far.add({ kind: "run", name: "a", parent: null, fields: { name: "a" } });
  expect([run.id, run.fields.get("status")]).toEqual(["r1", "RUNNING"]);
  far.edit(run, { status: "FINISHED" });
  far.edit(run, { status: "RUNNING" });
  expect(breaks).toEqual([]);
  far.edit(run, { status: "FINISHED" });
  expect(breaks).toEqual(["I7 writes keep their order"]);
});
