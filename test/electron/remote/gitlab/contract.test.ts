import { afterAll, beforeAll } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { remoteContract } from "../remote.contract.ts";
import { gitlabRemote } from "./remote.ts";

for (const variant of ["older", "newer"] as const) {
  let double: GitlabDouble;
  beforeAll(async () => {
    double = await startGitlabDouble(["--variant", variant, "--root", "/gitlab"]);
  }, 60_000);
  afterAll(() => double.stop());

  remoteContract(`GitLab, ${variant} releases`, async () => {
    await double.control("POST", "reset", {});
    return { remote: gitlabRemote(double), other: gitlabRemote(double, { token: "second", project: "team/models" }) };
  });
}
