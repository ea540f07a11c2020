/** Against the double of GitLab, a process of its own: what its faults make of a call, and what they left behind there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { setupClient, troubleOf } from "./setup.ts";

let double: GitlabDouble;
beforeAll(async () => {
  double = await startGitlabDouble();
});
afterAll(() => double.stop());

const setup = async () => {
  await double.control("POST", "reset");
  const baseUrl = `${double.url}/api/v4/projects/4101/ml/mlflow/api/2.0/mlflow`;
  const { client, waits } = setupClient({ baseUrl, token: () => Promise.resolve(double.token("developer")) });
  const rule = (fault: object) =>
    double.control("POST", "rules", { rules: [{ match: { operation: "experiments.create" }, fault }] });
  const create = (name: string) =>
    client.json({ method: "POST", path: "/experiments/create", body: { name }, read: (each) => each });
  const names = async (): Promise<unknown> =>
    (await double.control("GET", "state")).experiments.map(({ name }: { name: string }) => name);
  return { rule, create, names, waits, client };
};

test.each([
  [{ kind: "drop-before" }, "unavailable", []],
  [{ kind: "drop-after" }, "unavailable", ["a"]],
  [{ kind: "status", status: 503, body: "gone", effect: true }, "unavailable", ["a"]],
  [{ kind: "html", effect: true }, "garbled", ["a"]],
  [{ kind: "empty", effect: true }, "garbled", ["a"]],
  [{ kind: "garbage", effect: true }, "garbled", ["a"]],
  [{ kind: "truncate", percent: 50 }, "garbled", ["a"]],
] as const)("%j: the write is in doubt, and went out once", async (fault, trouble, left) => {
  const { rule, create, names } = await setup();
  await rule(fault);
  expect(await troubleOf(create("a"))).toMatchObject({ trouble, maybeDone: true });
  expect(await names()).toEqual(left);
});

test("a throttled write goes out again and is done once", async () => {
  const { rule, create, names, waits } = await setup();
  await rule({ kind: "status", status: 429, body: "Retry later", headers: { "retry-after": "30" } });
  expect((await create("a")).value).toMatchObject({ experiment_id: expect.any(String) });
  expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([30]);
  expect(await names()).toEqual(["a"]);
});

test("a name that is taken is refused with GitLab's own word for it", async () => {
  const { create } = await setup();
  await create("a");
  const body = { error_code: "RESOURCE_ALREADY_EXISTS" };
  expect(await troubleOf(create("a"))).toMatchObject({ trouble: "invalid", status: 400, maybeDone: false, body });
});
