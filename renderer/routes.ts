import type { Component } from "svelte";
import type { RouteDefinition, WrappedComponent } from "svelte-spa-router";
import { wrap } from "svelte-spa-router/wrap";
import Home from "./home/Home.svelte";
import Nearest from "./components/Nearest.svelte";

/** A page that is loaded when it is first gone to. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the router takes pages of any props
const page = (load: () => Promise<{ default: Component<any> }>): WrappedComponent => wrap({ asyncComponent: load });

const runs = page(() => import("./runs/RunsPage.svelte"));
const settings = page(() => import("./settings/Settings.svelte"));
const run = page(() => import("./run/RunPage.svelte"));

const version = page(() => import("./models/Version.svelte"));
const loggedModel = page(() => import("./logged-models/LoggedModel.svelte"));

/** The hash routes, as MLflow's own. What is not a page (yet) goes to the nearest one, with a note. */
export const routes: RouteDefinition = {
  "/": Home,
  "/experiments": page(() => import("./experiments/Experiments.svelte")),
  "/experiments/:id": runs,
  "/experiments/:id/runs": runs,
  "/experiments/:id/overview": page(() => import("./experiments/OverviewPage.svelte")),
  "/experiments/:id/runs/:run": run,
  "/experiments/:id/runs/:run/:tab": run,
  "/experiments/:id/runs/:run/:tab/*": run,
  "/compare-runs": page(() => import("./compare/Compare.svelte")),
  "/search": page(() => import("./search/Search.svelte")),
  "/experiments/:id/models": page(() => import("./logged-models/LoggedModels.svelte")),
  "/experiments/:id/models/:model": loggedModel,
  "/experiments/:id/models/:model/*": loggedModel,
  "/models": page(() => import("./models/Models.svelte")),
  "/models/:name": page(() => import("./models/Model.svelte")),
  "/models/:name/compare": page(() => import("./models/Compare.svelte")),
  "/models/:name/versions/new": page(() => import("./models/NewVersion.svelte")),
  "/models/:name/versions/:version": version,
  "/models/:name/versions/:version/files/*": version,
  "/settings": settings,
  "/settings/:section": settings,
  "/compare-model-versions": page(() => import("./models/CompareRedirect.svelte")),
  "/trash": page(() => import("./trash/Trash.svelte")),
  "/activity": page(() => import("./activity/Activity.svelte")),
  "/sync": page(() => import("./sync/Sync.svelte")),
  "/sync/conflicts": page(() => import("./sync/Conflicts.svelte")),
  "/sync/conflicts/:id": page(() => import("./sync/ConflictPage.svelte")),
  "/sync/history": page(() => import("./sync/History.svelte")),
  "/sync/bundles": page(() => import("./bundles/Bundles.svelte")),
  "/sync/:remote/plan/:hash": page(() => import("./sync/Plan.svelte")),
  "/import": page(() => import("./import/Import.svelte")),
  "*": Nearest,
};
