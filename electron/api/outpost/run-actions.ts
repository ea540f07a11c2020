/** What the interface does to many runs: actions, and files of them written while they are read. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { actOnRuns, exportRunsPath, ExportRunsRequest } from "../../../shared/api/outpost/run-actions.ts";
import { compileBody } from "../../../shared/api/wire.ts";
import type { RunActions } from "../../domain/tracking/run-actions.ts";
import type { RunExport } from "../../domain/views/run-export.ts";
import { writes, type Route } from "../route.ts";

export const runActionRoutes = (actions: RunActions): Route[] => [writes(actOnRuns, (input) => actions.act(input))];

const TYPES = { csv: "text/csv; charset=utf-8", json: "application/json; charset=utf-8" } as const;

/** Mounts the export: the first piece is made before the answer begins, so that what is refused is refused with its status. */
export const mountRunExport = (app: FastifyInstance, runExport: RunExport): void => {
  const readBody = compileBody(ExportRunsRequest);
  app.post<{ Params: { experiment_id: string } }>(
    exportRunsPath(":experiment_id").replace("%3A", ":"),
    async (request, reply) => {
      const input = { ...readBody(request.body ?? {}), experiment_id: request.params.experiment_id };
      const pieces = runExport(input);
      const first = await pieces.next();
      const whole = async function* () {
        if (!first.done) yield first.value;
        yield* pieces;
      };
      return reply
        .header("content-type", TYPES[input.format])
        .header("content-disposition", `attachment; filename="runs.${input.format}"`)
        .header("cache-control", "no-store")
        .send(Readable.from(whole(), { objectMode: false }));
    },
  );
};
