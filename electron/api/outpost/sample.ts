import { getSample, loadSample, removeSample } from "../../../shared/api/outpost/sample.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { Sample } from "../../domain/sample/sample.ts";
import { reads, type Route } from "../route.ts";
import { acts } from "./jobs.ts";

/** The sample project: there or not, made, removed. */
export const sampleRoutes = (sample: Sample, jobs: Jobs): Route[] => [
  reads(getSample, () => {
    const { experiments, models, ...state } = sample.state();
    return { ...state, experiments: [...experiments], models: [...models] };
  }),
  acts(loadSample, (_input, caller) => {
    sample.assertAbsent();
    return jobs.start("sample", {}, caller);
  }),
  acts(removeSample, (_input, caller) => jobs.start("sample-remove", {}, caller)),
];
