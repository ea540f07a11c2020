/** Calls about the files of runs: through the proxy, by run, and by the download address of the interface. */
import { type Call, type Make, get } from "./call.ts";
import type { World } from "./world.ts";

const PATHS = ["a.txt", "d/b.json", "d/e/c.bin", "ünï.txt", "sp ace.txt", "MLmodel", "d/b.json/x"];
/** What may be deleted: MLflow goes on listing a folder whose last file is gone. */
const TOP_PATHS = PATHS.filter((name) => !name.includes("/"));
const ODD_PATHS = ["../x", "a/../../x", "%2e%2e/x", "..%2f..%2fx", "a//b", "./a", "%252e%252e/x"];
const CONTENTS = [Buffer.alloc(0), Buffer.from("hello"), Buffer.alloc(5000, "x"), Buffer.from([0, 255, 10])];
const proxy = "/api/2.0/mlflow-artifacts/artifacts";

/** `names` as their place within the folder of a run; now and then an odd path. */
const path = (world: World, names = PATHS): string => {
  const odd = world.random.chance(0.12);
  const name = odd
    ? world.random.pick(ODD_PATHS)
    : world.random.pick(names).split("/").map(encodeURIComponent).join("/");
  return `${proxy}/${world.any("folder", world.nonce)}/${name}`;
};

const put: Make = (world) => ({
  name: "artifact put",
  method: "PUT",
  path: path(world),
  raw: world.random.pick(CONTENTS),
  contentType: "application/octet-stream",
});

const listProxied: Make = (world): Call => ({
  name: "artifact list",
  method: "GET",
  path: proxy,
  query: { path: world.any("folder", world.nonce) + world.random.pick(["", "/d", "/d/e", "/zz", "/../.."]) },
});

/** Weight and maker. */
export const artifactCalls: readonly (readonly [number, Make])[] = [
  [4, put],
  [4, (w) => ({ name: "artifact get", method: "GET", path: path(w), file: true })],
  [1, (w) => ({ name: "artifact delete", method: "DELETE", path: path(w, TOP_PATHS) })],
  [2, listProxied],
  [
    3,
    (w) =>
      get("artifacts/list", "artifacts/list", {
        run_id: w.any("run", "zz"),
        path: w.random.pick(["", "d", "d/e", "a.txt", "zz", "..", "/etc", "d//e"]),
      }),
  ],
  [
    2,
    (w) => ({
      name: "get-artifact",
      method: "GET",
      path: "/get-artifact",
      query: { run_id: w.any("run", "zz"), path: w.random.pick(["a.txt", "d/b.json", "d", "zz", "../x"]) },
      file: true,
    }),
  ],
];

export const artifactSetup: readonly Make[] = Array.from({ length: 6 }, () => put);
