import type { RouteDefinition } from "svelte-spa-router";
import Experiments from "./experiments/Experiments.svelte";
import Home from "./home/Home.svelte";
import Model from "./models/Model.svelte";
import Models from "./models/Models.svelte";
import Version from "./models/Version.svelte";
import Nearest from "./components/Nearest.svelte";
import Run from "./run/RunPage.svelte";
import Runs from "./runs/RunsPage.svelte";

/** The hash routes, as MLflow's own. What is not a page (yet) goes to the nearest one, with a note. */
export const routes: RouteDefinition = {
  "/": Home,
  "/experiments": Experiments,
  "/experiments/:id": Runs,
  "/experiments/:id/runs": Runs,
  "/experiments/:id/runs/:run": Run,
  "/experiments/:id/runs/:run/:tab": Run,
  "/experiments/:id/runs/:run/:tab/*": Run,
  "/models": Models,
  "/models/:name": Model,
  "/models/:name/versions/:version": Version,
  "*": Nearest,
};
