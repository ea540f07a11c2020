/**
 * `npm run bench:interface [-- --quick --minutes N --rounds N --only outpost]`: Outpost's interface and MLflow's, in one
 * Chromium, over the same data, beside the budgets that Outpost's has.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { go, load, openBrowser, type Ready, watchHeap } from "./interface-browser.ts";
import { compareRoute, fullSizes, quickSizes, routesOf, seedWorld, type World } from "./interface-pages.ts";
import { createNumbers, flatness, interfaceTable, type Budget, type Numbers } from "./interface-table.ts";
import { ask, mlflowCall } from "./load.ts";
import { createTargets, type Target } from "./targets.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    minutes: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "outpost,mlflow" },
  },
});
const sizes = options.quick ? quickSizes : fullSizes;
const rounds = Number(options.rounds);
const minutes = Number(options.minutes);
const SAMPLES = 6;

type Kind = "mlflow" | "outpost";
const kinds = (["outpost", "mlflow"] as const).filter((kind) => options.only.split(",").includes(kind));
const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** How each interface says that it shows what was asked for. */
const isThere = (world: World): Record<"list" | "points" | "compared", Record<Kind, Ready>> => {
  const n = sizes.points.toLocaleString("en-US");
  return {
    list: { outpost: { text: `\\b${world.lastOfLarge}\\b` }, mlflow: { text: `\\b${world.lastOfLarge}\\b` } },
    points: { outpost: { text: `of ${n} points`, drawn: 1 }, mlflow: { text: "loss", drawn: 1 } },
    compared: {
      outpost: { text: `${sizes.compared} runs`, drawn: 1 },
      mlflow: { text: `Comparing ${sizes.compared} Runs`, drawn: 1 },
    },
  };
};

/** One round on one server: each number by the name of its line. */
const measure = async (browser: Browser, target: Target & { kind: Kind }, world: World, numbers: Numbers) => {
  const put = (line: string, value: number): void => {
    numbers.add(line, target.kind, value);
    say(`${target.kind} ${line}: ${value.toFixed(1)}`);
  };
  const routes = routesOf(world);
  for (const [name, route] of Object.entries(routes)) {
    const { plainKb, gzippedKb, wireKb, firstPaintMs, requests } = await load(browser, `${target.url}/#${route}`);
    put(`${name}: script, kB`, plainKb);
    put(`${name}: script gzipped, kB`, gzippedKb);
    put(`${name}: over the wire, kB`, wireKb);
    put(`${name}: first paint, ms`, firstPaintMs);
    put(`${name}: requests`, requests);
  }
  const there = isThere(world);
  // From a page without what is waited for: what is shown already would count.
  const from = "/experiments";
  const list = await go(
    browser,
    target.url,
    { before: routes["run list"], from, to: `/experiments/${world.large}/runs` },
    there.list[target.kind],
  );
  put("long list: shown, ms", list.ms);
  put("long list: DOM nodes", list.nodes);
  const history = await go(
    browser,
    target.url,
    { before: routes.charts, from, to: `/experiments/${world.longExperiment}/runs/${world.longRun}/model-metrics` },
    there.points[target.kind],
  );
  put("long history: chart drawn, ms", history.ms);
  const compared = await go(
    browser,
    target.url,
    { before: routes.compare, from, to: compareRoute(world, sizes.compared) },
    there.compared[target.kind],
  );
  put("many compared: drawn, ms", compared.ms);
  put("many compared: DOM nodes", compared.nodes);
};

/** Points arrive five times a second while the run's charts are open. */
const measureHeap = async (browser: Browser, target: Target & { kind: Kind }, world: World, numbers: Numbers) => {
  const address = `${target.url}/#/experiments/${world.small}/runs/${world.live}/model-metrics`;
  const log = async (step: number): Promise<void> => {
    const metrics = ["loss", "accuracy", "lr"].map((key) => ({
      key,
      value: Math.exp(-step / 500),
      step,
      timestamp: Date.now(),
    }));
    await ask(target.url, mlflowCall("runs/log-batch", { run_id: world.live, metrics }));
  };
  for (let step = -20; step < 0; step++) await log(step); // there are charts from the start
  const heap = await watchHeap(browser, address, { minutes, samples: SAMPLES }, log);
  say(`${target.kind} heap, MB: ${heap.map((mb) => mb.toFixed(1)).join(" ")}`);
  numbers.add("live updates: heap at the end, MB", target.kind, heap.at(-1) ?? NaN);
  numbers.add("live updates: heap growth, MB", target.kind, flatness(heap));
};

const MB_FLAT = 2;
const budgets = (): Budget[] => {
  const page = (name: string, gzipped: number): Budget[] => [
    { line: `${name}: script, kB` },
    { line: `${name}: script gzipped, kB`, most: gzipped },
    { line: `${name}: over the wire, kB` },
    { line: `${name}: requests` },
    { line: `${name}: first paint, ms`, most: 500 },
  ];
  return [
    ...page("home", 250),
    ...page("run list", 250),
    ...page("run page", 400),
    ...page("charts", 400),
    ...page("compare", 400),
    ...page("model version", 250),
    { line: "long list: shown, ms", most: 250, note: `${String(sizes.runs)} runs` },
    { line: "long list: DOM nodes", most: 1500 },
    { line: "long history: chart drawn, ms", most: 150, note: `${sizes.points.toLocaleString("en-US")} points` },
    { line: "many compared: drawn, ms", note: `${String(sizes.compared)} runs` },
    { line: "many compared: DOM nodes" },
    { line: "live updates: heap at the end, MB", note: `${String(minutes)} minutes` },
    { line: "live updates: heap growth, MB", most: MB_FLAT, note: "second half to first half" },
  ];
};

const bench = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-bench-interface-"));
  const targets = createTargets(folder, { next: () => undefined });
  const numbers = createNumbers();
  const failures: string[] = [];
  const browser = await openBrowser();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void targets.stopAll().finally(() => process.exit(1)));
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  try {
    const worlds: { target: Target & { kind: Kind }; world: World }[] = [];
    for (const kind of kinds) {
      const target = { ...(await targets.start(kind, "interface")), kind };
      say(`${kind}: logging ${String(sizes.runs)} runs and ${String(sizes.points)} points`);
      worlds.push({ target, world: await seedWorld(target, sizes) });
    }
    for (let round = 1; round <= rounds; round++)
      for (const { target, world } of worlds)
        await attempt(`round ${String(round)} of ${target.kind}`, () => measure(browser, target, world, numbers));
    for (const { target, world } of worlds)
      await attempt(`memory of ${target.kind}`, () => measureHeap(browser, target, world, numbers));
  } finally {
    await browser.close();
    await targets.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
  const { text, met, of } = interfaceTable(budgets(), numbers);
  console.log(text);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  if (failures.length > 0 || met < of) process.exitCode = 1;
  const load = loadavg()
    .map((each) => each.toFixed(1))
    .join(" ");
  console.log(
    `${String(met)} of ${String(of)} budgets met; ${String(rounds)} rounds, medians${options.quick ? ", quick sizes" : ""}; load average ${load} on ${String(cpus().length)} cores`,
  );
};

await bench();
