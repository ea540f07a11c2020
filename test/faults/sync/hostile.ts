/** A far side that answers writes in order to do harm. What it is told to do is done there, unless the form says not. */
import type { GitlabDouble } from "../../doubles/gitlab/start.ts";
import type { Play } from "./cell.ts";
import type { Played } from "./matrix.ts";
import type { Json } from "./station.ts";

/** Nothing of this name may come about anywhere: it is in every path that an answer tries to lead to. */
export const OUTSIDE = "outpost-outside";
const PATHS = [`../../../../../../tmp/${OUTSIDE}`, `/tmp/${OUTSIDE}`, `..%2f..%2f${OUTSIDE}`, `C:\\${OUTSIDE}`];

/** More than any answer may have. */
const HUGE_BYTES = 65 * 1024 * 1024;
const DEEP = 50_000;

const json = (name: string, body: string): Play => ({
  name,
  rules: [{ kind: "status", status: 200, body, effect: true }],
});

const general: readonly Play[] = [
  { name: "huge", rules: [{ kind: "huge", bytes: HUGE_BYTES, effect: true }] },
  json("a list", "[[[]]]"),
  json("a text", '"../../etc/passwd"'),
  json("null", "null"),
  json("deep", "[".repeat(DEEP) + "]".repeat(DEEP)),
  json("a prototype", '{"__proto__":{"outpost":"polluted"},"constructor":{"prototype":{"outpost":"polluted"}}}'),
  { name: "a web page", rules: [{ kind: "html", effect: true }] },
  {
    name: "a header without an end",
    rules: [{ kind: "status", status: 200, body: "{}", headers: { "x-long": "a".repeat(60_000) }, effect: true }],
  },
  ...[302, 307].flatMap((status): Play[] => [
    { name: `a redirect to a file, ${String(status)}`, rules: [{ kind: "redirect", status, to: "file://" }] },
    { name: `a redirect to another host, ${String(status)}`, elsewhere: (to) => [{ kind: "redirect", status, to }] },
  ]),
];

/** Where an answer names what was made. */
const named: Partial<Record<Played, readonly string[]>> = {
  O1: ["experiment_id"],
  O2: ["run.info.run_id", "run.info.experiment_id"],
  O6: ["run_info.run_id"],
  O8: ["registered_model.name"],
  O9: ["model_version.version", "model_version.run_id", "model_version.name"],
};

const rewrite = (name: string, path: string, to: unknown): Play => ({
  name: `${path} is ${name}`,
  rules: [{ kind: "rewrite", set: { [path]: to } }],
});

const as = (method: string, path: string, body: object): object => ({
  do: "call",
  token: "owner",
  method,
  path: `/api/v4/projects/4101/ml/mlflow/api/2.0/mlflow/${path}`,
  body,
});

/** Somebody else's objects there, by the paths of `named`. */
const stranger = async (double: GitlabDouble): Promise<Readonly<Record<string, unknown>>> => {
  const call = async (path: string, body: object): Promise<Json> => {
    const { results } = await double.control("POST", "actions", { actions: [as("POST", path, body)] });
    return results[0].body;
  };
  const { experiment_id } = await call("experiments/create", { name: "stranger" });
  const { run } = await call("runs/create", { experiment_id: Number(experiment_id), run_name: "stranger" });
  await call("registered-models/create", { name: "stranger" });
  const { model_version } = await call("model-versions/create", { name: "stranger" });
  return {
    experiment_id,
    "run.info.run_id": run.info.run_id,
    "run.info.experiment_id": experiment_id,
    "run_info.run_id": run.info.run_id,
    "registered_model.name": "stranger",
    "model_version.version": model_version.version,
    "model_version.run_id": model_version.run_id,
    "model_version.name": "stranger",
  };
};

const strangers = (path: string): Play => ({
  name: `${path} is a stranger's`,
  more: { what: "push" }, // what is not ours is left where it is
  prepare: async (double) => [{ kind: "rewrite", set: { [path]: (await stranger(double))[path] } }],
});

const ofIds = (operation: Played): readonly Play[] =>
  (named[operation] ?? []).flatMap((path) => [
    ...PATHS.map((to) => rewrite(`the path ${to}`, path, to)),
    rewrite("control characters", path, "1\u0000\r\nx-evil: 1\u202e"),
    rewrite("an object", path, { toString: "1" }),
    rewrite("long", path, "9".repeat(100_000)),
    strangers(path),
  ]);

export const hostilePlays = (operation: Played): readonly Play[] => [...general, ...ofIds(operation)];
