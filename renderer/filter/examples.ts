import { m } from "../i18n/messages.ts";

/** Filters that show what can be said, each with its meaning. */
export const EXAMPLES: readonly (readonly [filter: string, meaning: () => string])[] = [
  ["metrics.loss < 0.3 AND params.optimizer = 'adam'", m.filter_example_values],
  ["attributes.status = 'FAILED' OR metrics.`val/acc` > 0.9", m.filter_example_logic],
  ["params.model IN ('resnet', 'vit')", m.filter_example_in],
  ["attributes.run_name ILIKE '%baseline%'", m.filter_example_like],
  ["tags.team IS NOT NULL", m.filter_example_present],
  ["attributes.start_time > 1767225600000", m.filter_example_time],
  ["datasets.name = 'mnist' AND datasets.context = 'train'", m.filter_example_dataset],
];
