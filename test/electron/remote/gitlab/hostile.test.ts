/** Answers to creations that name what was not made. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { NewObject } from "../../../../electron/remote/remote.ts";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { gitlabRemote } from "./remote.ts";

let double: GitlabDouble;
beforeAll(async () => {
  double = await startGitlabDouble([]);
}, 60_000);
afterAll(() => double.stop());
beforeEach(() => double.control("POST", "reset", {}));

const model = (name: string): NewObject => ({ kind: "registered_model", name, parent: null, fields: {} });

test.each([
  ["experiments.create", "experiment_id", "../1"],
  ["runs.create", "run.info.run_id", "../../x"],
  ["models.create", "registered_model.name", "other"],
  ["versions.create", "model_version.version", "1/2"],
  ["versions.create", "model_version.version", "other's"],
] as const)("%s with %s '%s' may have been done, and is not believed", async (operation, path, value) => {
  const remote = gitlabRemote(double, { token: "owner", project: "4101" });
  const experiment = await remote.create({ kind: "experiment", name: "e", parent: null, fields: {} });
  const [mine, other] = [await remote.create(model("mine")), await remote.create(model("other"))];
  const taken = await remote.create({ kind: "model_version", name: "1.0.0", parent: other.id, fields: {} });
  const set = { [path]: value === "other's" ? taken.id.split(":")[0] : value };
  await double.control("POST", "rules", { rules: [{ match: { operation }, fault: { kind: "rewrite", set } }] });
  const inputs: Readonly<Record<typeof operation, NewObject>> = {
    "experiments.create": { kind: "experiment", name: "f", parent: null, fields: {} },
    "runs.create": { kind: "run", name: "r", parent: experiment.id, fields: {} },
    "models.create": model("new"),
    "versions.create": { kind: "model_version", name: "1.0.0", parent: mine.id, fields: {} },
  };
  await expect(remote.create(inputs[operation])).rejects.toMatchObject({ trouble: "garbled", maybeDone: true });
});
