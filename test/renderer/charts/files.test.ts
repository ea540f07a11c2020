import { describe, expect, test } from "vitest";
import { computeFrame, type Look } from "../../../renderer/charts/frame.ts";
import { toLine } from "../../../renderer/charts/line.ts";
import { fileName, toCsv } from "../../../renderer/charts/save.ts";
import { plotSize, toSvg } from "../../../renderer/charts/svg.ts";

const FIGURE = { title: 'loss <of> "a" & b', xTitle: "Step", note: "3 points", width: 600, height: 300 };
const LOOK: Look = { axis: { kind: "step" }, xLog: false, yLog: false, smoothing: 0, clip: false, zoom: {} };
const series = {
  key: "loss",
  total: 4,
  origin: 0,
  steps: [0, 2, 3],
  timestamps: [1000, 3000, 4000],
  values: [1, 0.5, 0.25],
  marks: [{ step: 1, timestamp: 2000, value: "NaN" as const }],
  not_finite: 1,
};
const line = (id: string, label: string, style: number) => toLine(series, { kind: "step" }, { id, label, style });
const svgOf = (look: Look, ...labels: string[]): string =>
  toSvg(computeFrame(labels.map((label, i) => line(`r${i}`, label, i)), look, plotSize(FIGURE)), FIGURE); // prettier-ignore

describe("an SVG file", () => {
  test("has the line as vectors, broken at the gap, the mark, the axes and the note", () => {
    const svg = svgOf(LOOK, "run");
    const data = /<path d="(M[^"]+)" fill="none" stroke="#2b50c8"/.exec(svg)?.[1] ?? "";
    expect(data.match(/M/g)).toHaveLength(2);
    expect(data.match(/L/g)).toHaveLength(1);
    expect(data.startsWith("M64 ")).toBe(true);
    expect(svg).toContain("<title>NaN</title>");
    expect(svg).toContain(">Step</text>");
    expect(svg).toContain(">3 points</text>");
  });
  test("is well-formed whatever names say", () => {
    const svg = svgOf(LOOK, "run", '</g><script>alert("x")</script>\u0000');
    expect(svg).not.toContain("<script");
    expect(svg).not.toContain("\u0000");
    expect(svg).toContain("loss &#60;of&#62; &#34;a&#34; &#38; b");
  });
  test("of many lines has a legend with their looks; of a smoothed one the raw line behind", () => {
    const svg = svgOf(LOOK, "first", "second");
    expect(svg).toContain(">first</text>");
    expect(svg).toContain('stroke-dasharray="7 3"');
    expect(svgOf({ ...LOOK, smoothing: 0.5 }, "run")).toContain('stroke-opacity="0.3"');
  });
  test("of very many lines has them without markers, which would hide them; what stands alone is still seen", () => {
    const dotsOf = (count: number): number => {
      const labels = Array.from({ length: count }, (_unused, i) => `run ${i}`);
      const plot =
        svgOf(LOOK, ...labels)
          .split("</clipPath>")[1]
          ?.split('<text x="')[0] ?? "";
      return plot.match(/<path transform="[^"]+" d="[^"]+"\/>/g)?.length ?? 0;
    };
    expect(dotsOf(20)).toBe(20 * 3);
    expect(dotsOf(21)).toBe(21); // the first point, before the gap
  });
});

describe("the CSV of what is shown", () => {
  test("has every shown point, marks among them, in order", () => {
    const text = toCsv(computeFrame([line("r1", "a, b", 0)], LOOK, plotSize(FIGURE)), "=loss");
    expect(text.split("\r\n")).toEqual([
      "run_id,run_name,metric,step,x,timestamp,time,value",
      `r1,"a, b",'=loss,0,0,1000,1970-01-01T00:00:01.000Z,1`,
      `r1,"a, b",'=loss,1,1,,,NaN`,
      `r1,"a, b",'=loss,2,2,3000,1970-01-01T00:00:03.000Z,0.5`,
      `r1,"a, b",'=loss,3,3,4000,1970-01-01T00:00:04.000Z,0.25`,
      "",
    ]);
  });
  test("has the smoothed value beside the logged one", () => {
    const frame = computeFrame([line("r1", "a", 0)], { ...LOOK, smoothing: 0.5 }, plotSize(FIGURE));
    expect(toCsv(frame, "loss").split("\r\n")[0]).toMatch(/,value,smoothed$/);
    expect(toCsv(frame, "loss").split("\r\n")[1]).toMatch(/,1,1$/);
  });
});

test("a file's name is one that every file system takes", () => {
  expect(fileName('val/loss: "a"', "png")).toBe("val_loss_ _a_.png");
  expect(fileName("", "svg")).toBe("chart.svg");
  expect(fileName("x".repeat(500), "csv").length).toBeLessThan(130);
});
