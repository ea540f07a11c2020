/** Which pages are photographed, in which state and looks. Add a page by adding a line. */
import type { Page } from "playwright-core";
import type { Places } from "./screenshots-seed.ts";

export type Look = `${1280 | 1920} ${"light" | "dark"}`;
export interface Shot {
  readonly name: string;
  readonly route: (at: Places) => string;
  /** A host without anything, or one with everything. */
  readonly host: "empty" | "full";
  readonly looks: readonly Look[];
  readonly language?: "ko" | "ja";
  /** What to do before the picture is taken. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** More than anybody looks at. */
export const MOST_PICTURES = 64;

const small: readonly Look[] = ["1280 light"];
const both: readonly Look[] = ["1280 light", "1280 dark"];
const wide: readonly Look[] = ["1280 light", "1280 dark", "1920 light"];

const run = ({ experiment, run }: Places, tab = ""): string => `/experiments/${experiment}/runs/${run}${tab}`;
const compare = (runs: readonly string[], experiment: string, more = ""): string =>
  `/compare-runs?runs=${encodeURIComponent(JSON.stringify(runs))}&experiments=${encodeURIComponent(JSON.stringify([experiment]))}${more}`;
const scrollTo =
  (id: string) =>
  async (page: Page): Promise<void> => {
    // What is above is built when one comes by: the second time it stays.
    for (let i = 0; i < 3; i += 1) {
      await page.evaluate((section) => document.getElementById(section)?.scrollIntoView({ block: "start" }), id);
      await page.waitForTimeout(500);
    }
  };

const empty: readonly Shot[] = [
  { name: "home", route: () => "/", host: "empty", looks: both },
  { name: "experiments", route: () => "/experiments", host: "empty", looks: small },
  { name: "runs", route: () => "/experiments/0", host: "empty", looks: small },
  { name: "models", route: () => "/models", host: "empty", looks: small },
  { name: "trash", route: () => "/trash", host: "empty", looks: small },
  { name: "compare", route: () => "/compare-runs", host: "empty", looks: small },
  { name: "sync", route: () => "/sync", host: "empty", looks: both },
  { name: "settings-remotes", route: () => "/settings/remotes", host: "empty", looks: small },
  { name: "settings-network", route: () => "/settings/network", host: "empty", looks: small },
];

const typical: readonly Shot[] = [
  { name: "home", route: () => "/", host: "full", looks: wide },
  { name: "home-ko", route: () => "/", host: "full", looks: small, language: "ko" },
  { name: "experiments", route: () => "/experiments", host: "full", looks: both },
  { name: "runs", route: ({ experiment }) => `/experiments/${experiment}`, host: "full", looks: wide },
  {
    name: "runs-ja",
    route: ({ experiment }) => `/experiments/${experiment}`,
    host: "full",
    looks: small,
    language: "ja",
  },
  { name: "run", route: (at) => run(at), host: "full", looks: wide },
  { name: "run-charts", route: (at) => run(at, "/model-metrics"), host: "full", looks: wide },
  { name: "run-system", route: (at) => run(at, "/system-metrics"), host: "full", looks: small },
  { name: "run-artifacts", route: (at) => run(at, "/artifacts/config.json"), host: "full", looks: both },
  { name: "run-image", route: (at) => run(at, "/artifacts/plots/matrix.svg"), host: "full", looks: small },
  { name: "run-of-the-client", route: ({ client }) => client, host: "full", looks: small },
  {
    name: "compare-top",
    route: ({ experiment, runs }) => compare(runs.slice(0, 4), experiment),
    host: "full",
    looks: wide,
  },
  {
    name: "compare-values",
    route: ({ experiment, runs }) => compare(runs.slice(0, 4), experiment),
    host: "full",
    looks: both,
    before: scrollTo("compare-table"),
  },
  {
    name: "compare-parallel",
    route: ({ experiment, runs }) => compare(runs, experiment),
    host: "full",
    looks: small,
    before: scrollTo("compare-parallel"),
  },
  {
    name: "compare-files",
    route: ({ experiment, runs }) => compare(runs.slice(-3), experiment, "&file=config.json"),
    host: "full",
    looks: small,
    before: scrollTo("compare-files"),
  },
  { name: "models", route: () => "/models", host: "full", looks: both },
  { name: "model", route: () => "/models/churn", host: "full", looks: both },
  { name: "version", route: () => "/models/churn/versions/2", host: "full", looks: wide },
  { name: "versions-compared", route: () => "/models/churn/compare?v=1.0.0&v=1.0.1", host: "full", looks: small },
  { name: "search", route: () => "/search", host: "full", looks: small },
  { name: "trash", route: () => "/trash", host: "full", looks: both },
  { name: "settings", route: () => "/settings", host: "full", looks: both },
  { name: "settings-storage", route: () => "/settings/storage", host: "full", looks: small },
  { name: "settings-about", route: () => "/settings/about", host: "full", looks: small },
  {
    name: "palette",
    route: () => "/",
    host: "full",
    looks: both,
    before: async (page) => {
      await page.keyboard.press("Control+k");
      await page.keyboard.type("trial", { delay: 30 });
      await page.waitForTimeout(700);
    },
  },
  { name: "help", route: () => "/", host: "full", looks: small, before: (page) => page.keyboard.press("?") },
];

const huge: readonly Shot[] = [
  {
    name: "runs-5000",
    route: ({ sweep }) => `/experiments/${sweep}`,
    host: "full",
    looks: ["1280 light", "1920 dark"],
  },
  {
    name: "chart-200000",
    route: ({ experiment, long }) => `/experiments/${experiment}/runs/${long}/model-metrics`,
    host: "full",
    looks: small,
  },
  {
    name: "run-90-params",
    route: ({ experiment, long }) => `/experiments/${experiment}/runs/${long}`,
    host: "full",
    looks: small,
  },
  { name: "compare-200", route: ({ sweep, many }) => compare(many, sweep), host: "full", looks: ["1920 light"] },
  {
    name: "compare-200-parallel",
    route: ({ sweep, many }) => compare(many, sweep),
    host: "full",
    looks: ["1920 dark"],
    before: scrollTo("compare-parallel"),
  },
  { name: "hostile-names", route: ({ hostile }) => `/experiments/${hostile}`, host: "full", looks: small },
];

/** All of them, named by state. */
export const shots: readonly (Shot & { readonly state: string })[] = [
  ...empty.map((shot) => ({ ...shot, state: "empty" })),
  ...typical.map((shot) => ({ ...shot, state: "typical" })),
  ...huge.map((shot) => ({ ...shot, state: "huge" })),
];
