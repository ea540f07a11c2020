/** The sentences of charts. */
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { m } from "../i18n/messages.ts";
import { formatCount, formatValue } from "../lib/format.ts";
import type { Counts, Frame } from "./frame.ts";
import type { Axis } from "./line.ts";
import { summaryOf } from "./readings.ts";
import { formatX } from "./ticks.ts";

/** A value with every digit it has; words for what is no number. */
export const exactValue = (value: MetricValue): string =>
  typeof value === "string" || Math.abs(value) === Number.MAX_VALUE ? formatValue(value) : String(value);

export const axisName = (axis: Axis): string => {
  switch (axis.kind) {
    case "step":
      return m.charts_axis_step();
    case "time":
      return m.charts_axis_time();
    case "relative":
      return m.charts_axis_relative();
    case "metric":
      return axis.metric ?? "";
  }
};

/** A place on the axis: "step 12", "12 s", "epoch 0.5". */
export const placeText = (axis: Axis, x: string): string =>
  axis.kind === "step"
    ? m.charts_step({ step: x })
    : axis.kind === "metric"
      ? m.charts_metric_is({ metric: axis.metric ?? "", value: x })
      : x;

/** How much is shown, and everything that is not. */
export const countWords = (counts: Counts): string => {
  const { shown, total, notFinite, notPositive, outside, withoutX } = counts;
  const n = formatCount(shown);
  const parts = [
    total === undefined
      ? m.charts_points_reading({ n })
      : shown < total
        ? m.charts_points_of({ n, count: total, total: formatCount(total) })
        : m.charts_points({ count: total, n: formatCount(total) }),
    notFinite > 0 && m.charts_not_finite({ n: formatCount(notFinite) }),
    notPositive > 0 && m.charts_not_positive({ n: formatCount(notPositive) }),
    outside > 0 && m.charts_outside({ count: outside, n: formatCount(outside) }),
    withoutX > 0 && m.charts_without_x({ n: formatCount(withoutX) }),
  ];
  return parts.filter((part) => part !== false).join(" · ");
};

/** A chart in one sentence, for those who do not see it. */
export const summaryWords = (label: string, frame: Frame, axis: Axis): string => {
  const summary = summaryOf(frame);
  if (!summary) return m.charts_summary_empty({ label, axis: axisName(axis) });
  const values = {
    label,
    axis: axisName(axis),
    lowest: formatValue(summary.lowest),
    highest: formatValue(summary.highest),
    last: formatValue(summary.last ?? NaN),
    place: placeText(axis, summary.lastX === undefined ? "" : formatX(summary.lastX, axis)),
  };
  const lines = frame.paths.length;
  return lines === 1
    ? m.charts_summary({ ...values })
    : m.charts_summary_lines({
        label,
        axis: values.axis,
        lowest: values.lowest,
        highest: values.highest,
        n: formatCount(lines),
      });
};
