import type { Route } from "../routes.ts";
export const graphqlRoutes: readonly Route[] = [];
