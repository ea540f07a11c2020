/** The table of a small experiment, as tests look at it: a sweep of three children below a parent, and five other runs. */
import type { Page } from "playwright-core";
import type { Surfer } from "./browser.ts";
import { PNG, type Seed } from "./seed.ts";

export interface SmallSweep {
  readonly small: string; // ids of experiments
  readonly other: string;
  readonly model: string; // the run that logged one
}

export const seedSmall = async (seed: Seed): Promise<SmallSweep> => {
  const small = await seed.experiment("small");
  const other = await seed.experiment("other");
  const time = (i: number): number => 1_700_000_000_000 + i * 60_000;
  const parent = await seed.run(small, { name: "search", startTime: time(0) });
  for (const i of [1, 2, 3])
    await seed.run(small, {
      name: `child-${i}`,
      startTime: time(i),
      params: { lr: `0.${i}`, optimizer: "adam" },
      metrics: { loss: [i / 10] },
      tags: { "mlflow.parentRunId": parent },
    });
  for (const i of [4, 5, 6, 7])
    await seed.run(small, {
      name: `plain-${i}`,
      startTime: time(i),
      params: { lr: "0.1", optimizer: i % 2 === 0 ? "sgd" : "adam", seed: "1" },
      metrics: { loss: [i / 10], accuracy: [i === 7 ? "NaN" : 1 - i / 10] },
    });
  const last = await seed.run(small, { name: "with-model", startTime: time(8), metrics: { loss: [0.05] } });
  await seed.artifact(small, last, "model/MLmodel", Buffer.from("flavors: {}\n"));
  await seed.artifact(small, last, "plot.png", PNG);
  return { small, other, model: last };
};

export const grid = (page: Page) => page.locator("[role$=grid]");
export const names = (page: Page) => grid(page).locator("[data-run]").allTextContents();
export const nodes = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length);

/** What the active cell says. */
export const activeText = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const id = document.activeElement?.getAttribute("aria-activedescendant");
    return (id ? document.getElementById(id)?.textContent : "")?.trim() ?? "";
  });

/** Opens an experiment's table and waits for its first row. */
export const openTable = async (
  surfer: Surfer,
  experiment: string,
  query = "",
  look: Parameters<Surfer["open"]>[1] = {},
): Promise<Page> => {
  const page = await surfer.open(`/experiments/${experiment}${query}`, look);
  await grid(page).locator("[role=row]").nth(1).waitFor();
  return page;
};
export const row = (page: Page, name: string) =>
  grid(page)
    .locator("[role=row]")
    .filter({ has: page.getByRole("link", { name, exact: true }) });
export const choose = (page: Page, name: string) =>
  page.getByRole("checkbox", { name: `Choose ${name}`, exact: true }).check();
