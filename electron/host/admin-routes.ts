/** Serves the command line's operations over HTTP. The gate lets only the owner and admin tokens under this path. */
import type { IncomingMessage } from "node:http";
import { Type } from "typebox";
import type { Caller, Route } from "../api/route.ts";
import { pathOf, type Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import type { Session } from "./session.ts";

export const adminRoutes = (session: Session, callerOf: (request: IncomingMessage) => Caller): Route[] => {
  const routeOf = (operation: Operation): Route => ({
    endpoint: {
      method: "POST",
      path: pathOf(operation),
      summary: operation.summary,
      request: operation.request,
      response: Type.Object({}),
    },
    answer: (input, { raw }) => operation.run(session, input as Record<string, unknown>, callerOf(raw)),
  });
  return operations.map(routeOf);
};
