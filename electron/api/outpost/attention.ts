import { getAttention, type Attention } from "../../../shared/api/outpost/attention.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { TrashDomain } from "../../domain/trash/create.ts";
import { reads, type Route } from "../route.ts";

/** How full the disk of the data folder is. */
export type DiskState = () => { level: "ok" | "low" | "full"; free_bytes: number; total_bytes: number };

const LOOKED_AT = 50; // newest jobs

export const attentionRoutes = (jobs: Jobs, trash: Pick<TrashDomain, "counts">, diskState?: DiskState): Route[] => [
  reads(getAttention, (): Attention => {
    const disk = diskState?.();
    return {
      disk: disk === undefined || disk.level === "ok" ? null : disk,
      jobs: jobs
        .list(LOOKED_AT)
        .jobs.filter(({ state, dismissed }) => !dismissed && (state === "failed" || state === "interrupted")),
      trash_due: trash.counts().due,
    };
  }),
];
