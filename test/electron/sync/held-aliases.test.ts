/** Aliases of a version that stays here: they stay with it, and nothing waits for them. */
import { expect, test } from "vitest";
import { createMemoryWorld, richMemory } from "../../../electron/remote/memory.ts";
import { conditions } from "../../../electron/sync/rules.ts";
import { setupEngine } from "../../helpers/engine.ts";

const setup = async () => {
  const world = createMemoryWorld(richMemory);
  const station = await setupEngine({ world, row: { class_max: "official" }, deps: { conditions: () => conditions } });
  const model = await station.make("registered_model", { name: "cats", "tag/classification": "public" });
  const secret = await station.make("model_version", { semver: "1.0.0", "tag/classification": "secret" }, model);
  await station.edit(model, { "alias/champion": "1.0.0" });
  const stateOf = (kind: "registered_model" | "model_version", uid: string) =>
    station.state.objects.find(station.row.id, { kind, uid })?.state;
  const aliasThere = () => world.objects("registered_model")[0]?.fields.get("alias/champion");
  return { ...station, world, model, secret, stateOf, aliasThere };
};

test("a model is done although one of its aliases stays here with its version", async () => {
  const { sync, stateOf, model, secret, aliasThere } = await setup();
  expect(await sync()).toMatchObject({ outcome: "done", counts: { excluded: 1, ahead: 0 } });
  expect([stateOf("registered_model", model), stateOf("model_version", secret)]).toEqual(["done", "excluded"]);
  expect(aliasThere()).toBeUndefined();
  expect((await sync()).counts).toMatchObject({ writes: 0 });
});

test("the alias goes with its version once that may leave", async () => {
  const { sync, edit, secret, aliasThere } = await setup();
  await sync();
  await edit(secret, { "tag/classification": "public" });
  expect((await sync()).outcome).toBe("done");
  expect(aliasThere()).toBe("1.0.0");
});

test("an alias that moves to a version that may leave goes at once", async () => {
  const { sync, make, edit, model, aliasThere } = await setup();
  await sync();
  await make("model_version", { semver: "2.0.0", "tag/classification": "public" }, model);
  await edit(model, { "alias/champion": "2.0.0" });
  expect((await sync()).outcome).toBe("done");
  expect(aliasThere()).toBe("2.0.0");
});

test("an alias that the remote gave to another version meanwhile is not taken from the one here", async () => {
  const { sync, world, local, model } = await setup();
  await sync();
  const [there] = world.objects("registered_model");
  if (!there) throw new Error("the model is not there");
  world.add({ kind: "model_version", name: "3.0.0", parent: there.id, fields: { semver: "3.0.0" } });
  world.edit(there, { "alias/champion": "3.0.0" });
  expect((await sync()).counts.conflicts).toBe(0);
  expect(local.read({ kind: "registered_model", uid: model })?.fields["alias/champion"]).toBe("1.0.0");
});

test("a version that was deleted there keeps its aliases here, and its model waits for nothing", async () => {
  const world = createMemoryWorld(richMemory);
  const { make, edit, sync, clock, state, row, local } = await setupEngine({ world });
  const model = await make("registered_model", { name: "cats" });
  const version = await make("model_version", { semver: "1.0.0" }, model);
  await sync();
  await edit(model, { "alias/champion": "1.0.0" });
  for (const one of world.objects("model_version")) world.drop(one);
  await sync({ full: true });
  clock.advance(3_700_000);
  await sync({ full: true });
  expect(await sync()).toMatchObject({ outcome: "done", counts: { ahead: 0, writes: 0 } });
  const stateOf = (kind: "registered_model" | "model_version", uid: string) => state.objects.find(row.id, { kind, uid })?.state; // prettier-ignore
  expect([stateOf("registered_model", model), stateOf("model_version", version)]).toEqual(["done", "remote_gone"]);
  expect(local.read({ kind: "registered_model", uid: model })?.fields["alias/champion"]).toBe("1.0.0");
});
