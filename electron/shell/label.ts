/** Names that people and scripts gave, as a menu or a notification may show them. */

const LONGEST = 60;

/** One line without control characters and direction marks, cut to a length. */
export const plainLabel = (name: string, longest = LONGEST): string => {
  const clean = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const letters = [...clean];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : clean;
};

/** The same for a menu item, where a lone & would underline the letter after it. */
export const menuLabel = (name: string): string => plainLabel(name).replaceAll("&", "&&");

/** Hash route of a run's page. */
export const runRoute = ({ experiment_id, run_id }: { experiment_id: string; run_id: string }): string =>
  `/experiments/${encodeURIComponent(experiment_id)}/runs/${encodeURIComponent(run_id)}`;
