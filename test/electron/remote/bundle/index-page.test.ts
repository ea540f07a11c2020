import { expect, test } from "vitest";
import { renderIndex } from "../../../../electron/remote/bundle/index-page.ts";
import { bundleInfo } from "../../../helpers/setup-bundle.ts";

const hostile = `<script>alert(1)</script>"'&<img src=x onerror=alert(1)>`;
const facts = {
  name: "carry-1",
  info: bundleInfo,
  files: 5,
  bytes: 3_200_000_000,
  identity: "lab@ws3",
  fingerprint: "SHA256:abc",
};

test("the page says what is inside, from whom, and how it is checked", () => {
  const tables = [
    { heading: "Models", note: "All versions", columns: ["name", "version"], rows: [["detector", "2.1.0"]] },
  ];
  const page = renderIndex({ title: "Detector 2.1.0", notes: ["For the review"], tables }, facts);
  for (const text of [
    "Detector 2.1.0",
    "For the review",
    "Models (1)",
    "All versions",
    "detector",
    "작업 PC 3",
    "official",
  ]) {
    expect(page).toContain(text);
  }
  expect(page).toContain("runs: 2, models: 1");
  expect(page).toContain("5, 3.2 GB");
  expect(page).toContain("sha256sum -c manifest-sha256.txt");
  expect(page).toContain("-I lab@ws3 -n outpost-bundle");
});

test("whatever people wrote is shown as text, in every place", () => {
  const tables = [{ heading: hostile, note: hostile, columns: [hostile], rows: [[hostile, "\u202egnp.exe\u0007"]] }];
  const info = {
    ...bundleInfo,
    class: hostile,
    from: hostile,
    to: hostile,
    description: hostile,
    software: hostile,
    id: hostile,
  };
  const index = { title: hostile, notes: [hostile], tables };
  const page = renderIndex(index, {
    ...facts,
    info: { ...info, counts: { [hostile]: 1 } },
    fingerprint: hostile,
    identity: hostile,
  });
  expect(page).not.toMatch(/<(?:script|img)/);
  expect(page).not.toContain("\u202e");
  expect(page).not.toContain("\u0007");
  expect(page.split("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;").length).toBeGreaterThan(12);
});

test("nothing in the page runs or comes from elsewhere, and a policy says so", () => {
  const page = renderIndex({ title: "x" }, facts);
  expect(page).toMatch(/content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'"/);
  expect(page).not.toMatch(/<(?:script|link|img|iframe|object|a )|https?:|javascript:|\son\w+=/);
});

test("a table that is too long for a page says how many more there are", () => {
  const rows = Array.from({ length: 5003 }, (_, row) => [`row ${row}`]);
  const page = renderIndex({ title: "x", tables: [{ heading: "Runs", columns: ["name"], rows }] }, facts);
  expect(page).toContain("Runs (5003)");
  expect(page).toContain("row 4999<");
  expect(page).not.toContain("row 5000<");
  expect(page).toContain("3 more are in objects.jsonl");
});
