import { compareFiles, compareRuns } from "../../../shared/api/outpost/compare.ts";
import type { CompareQuery } from "../../domain/views/compare.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Runs a comparison as JSON text or its bytes: hundreds of runs with hundreds of keys each belong into a reader thread. */
export type ReadComparison = (
  name: "compareRuns" | "compareFiles",
  query: CompareQuery,
) => string | Uint8Array | Promise<string | Uint8Array>;

/** Comparing runs: their values and their files. */
export const compareRoutes = (read: ReadComparison): Route[] => [
  reads(compareRuns, async (query) => new JsonText(await read("compareRuns", query))),
  reads(compareFiles, async (query) => new JsonText(await read("compareFiles", query))),
];
