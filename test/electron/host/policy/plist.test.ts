import { expect, test } from "vitest";
import { readPolicy } from "../../../../electron/host/policy/policy.ts";
import { ownUid, setupPolicy } from "./setup-policy.ts";

/** A Mac whose tool answers with this JSON. */
const mac = (json: string | undefined, administrator = ownUid) => {
  const asked: string[][] = [];
  const made = setupPolicy("bplist00 as the system keeps it", {
    platform: "darwin",
    administrator,
    run: (program, args) => {
      asked.push([program, ...args]);
      return json === undefined
        ? Promise.reject(new Error("exit 1"))
        : Promise.resolve(Buffer.from(json).toString("latin1"));
    },
  });
  return { ...made, asked };
};

test("managed preferences become locks; the profile's own fields are no settings", async () => {
  const { system, asked, file } = mac(
    '{"require_token":true,"port":5005,"allowed_hosts":["gpu.example:8080"],"data_dir":"/Daten/Mül","PayloadUUID":"1"}',
  );
  const policy = await readPolicy({}, system);
  expect(Object.fromEntries(policy?.locks ?? [])).toEqual({
    require_token: true,
    port: 5005,
    allowed_hosts: ["gpu.example:8080"],
    data_dir: "/Daten/Mül",
  });
  expect(asked).toEqual([["/usr/bin/plutil", "-convert", "json", "-o", "-", file]]);
});

test("a Mac without the file has no policy, and no program runs", async () => {
  const { system } = setupPolicy(undefined, { platform: "darwin" });
  expect(await readPolicy({}, system)).toBeUndefined();
});

test.each([
  [undefined, /is no property list that \/usr\/bin\/plutil can turn into JSON/],
  ["[1]", /must hold a dictionary of settings/],
  ["not JSON", /must hold a dictionary of settings/],
  ['{"prot":1}', /unknown setting "prot"; did you mean "port"/],
])("what the tool says of a broken one (%j) stops the start", async (json, reason) => {
  await expect(readPolicy({}, mac(json).system)).rejects.toThrow(reason);
});

test("a file that is not root's is refused before any tool reads it", async () => {
  const { system, asked } = mac("{}", ownUid + 1);
  await expect(readPolicy({}, system)).rejects.toThrow(/binds nobody/);
  expect(asked).toEqual([]);
});
