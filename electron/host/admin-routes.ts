/** Serves the command line's operations over HTTP, to the owner and to admin tokens only. */
import { Type } from "typebox";
import type { GateCaller } from "../api/gate/identity.ts";
import type { Route } from "../api/route.ts";
import { DomainError } from "../../shared/errors.ts";
import { pathOf, type Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import type { Session } from "./session.ts";
import type { IncomingMessage } from "node:http";

export const adminRoutes = (session: Session, callerOf: (request: IncomingMessage) => GateCaller): Route[] => {
  const routeOf = (operation: Operation): Route => ({
    endpoint: {
      method: "POST",
      path: pathOf(operation),
      summary: operation.summary,
      request: operation.request,
      response: Type.Object({}),
    },
    answer: (input, { raw }) => {
      const caller = callerOf(raw);
      if (caller.role !== "admin")
        throw new DomainError("denied", `The role '${caller.role}' may not do this: it needs 'admin'`);
      return operation.run(session, input as Record<string, unknown>, caller);
    },
  });
  return operations.map(routeOf);
};
