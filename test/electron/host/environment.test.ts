import { expect, test } from "vitest";
import { takeEnvironment } from "../../../electron/host/environment.ts";
import { gitlabToken, password } from "../../helpers/canary.ts";

test("all is handed on, and what is secret in it stays nowhere else", () => {
  const plain = { PATH: "/bin", OUTPOST_PORT: "1", http_proxy: "http://proxy:3128", NO_PROXY: "localhost" };
  const secret = {
    OUTPOST_TOKEN_TEAM: gitlabToken(),
    HTTPS_PROXY: `http://me:${password()}@proxy:3128`,
    all_proxy: `socks5://me:${password()}@proxy`,
  };
  const own = { ...plain, ...secret };
  expect(takeEnvironment(own)).toEqual({ ...plain, ...secret });
  expect(own).toEqual(plain);
});
