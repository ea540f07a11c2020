import { getLiveRuns, type LiveRuns } from "../../../shared/api/outpost/live-runs.ts";
import { reads, type Route } from "../route.ts";

export const liveRunRoutes = (liveRuns: () => LiveRuns): Route[] => [reads(getLiveRuns, () => liveRuns())];
