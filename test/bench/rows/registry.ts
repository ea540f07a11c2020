import { toRequest } from "../load.ts";
import { atMost, type Row } from "../row.ts";
import { seedModels } from "../seed.ts";
import { oncePerTarget } from "../targets.ts";
import { measureLoop, measurement } from "./shared.ts";

const MODELS = 1000;
const models = oncePerTarget((target) => seedModels(target, MODELS));

const search = (name: string, path: string, filter: string, label: string, bound: number): Row => ({
  name,
  lines: [{ key: "p50", label, better: "lower", goal: atMost(bound) }],
  measure: async ({ target, sizes }) => {
    const server = await target();
    await models(server);
    const query = new URLSearchParams({ filter, max_results: "100" }).toString();
    const request = toRequest("GET", `/api/2.0/mlflow/${path}?${query}`);
    const loop = await measureLoop(server, { connections: 1, ms: sizes.loopMs / 2, request: () => request });
    return measurement(server, { p50: loop.p50 }, loop);
  },
});

export const searchModels = search(
  "search-models",
  "registered-models/search",
  "name LIKE '%model-1%'",
  "registered-models/search LIKE, 1000 models, ms",
  4,
);

export const searchVersions = search(
  "search-versions",
  "model-versions/search",
  "name='busy'",
  "model-versions/search name=, 20 versions, ms",
  0.5,
);
