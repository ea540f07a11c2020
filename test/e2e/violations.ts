import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** Selectors of the one part that is looked at, or of what is not. */
export interface Part {
  readonly within?: string;
  readonly without?: string;
}

/** What axe finds on a page, or a part of it, against WCAG 2.2 A and AA: one line for each place. */
export const violations = async (page: Page, { within, without }: Part = {}): Promise<string[]> => {
  const axe = new AxeBuilder({ page })
    .setLegacyMode(true)
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  if (within !== undefined) axe.include(within);
  if (without !== undefined) axe.exclude(without);
  const result = await axe.analyze();
  return result.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
};
