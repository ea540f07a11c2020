import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LINKABLE, linkIn, readLink } from "../../../electron/shell/deep-link.ts";

const RUN = "0123456789abcdef0123456789abcdef";

test.each([
  ["outpost://", "/"],
  ["outpost:///", "/"],
  ["OUTPOST://experiments/3", "/experiments/3"],
  ["outpost://experiments/3/", "/experiments/3"],
  ["outpost:///experiments/3", "/experiments/3"],
  ["outpost://#/experiments/3", "/experiments/3"],
  [`outpost://experiments/3/runs/${RUN}`, `/experiments/3/runs/${RUN}`],
  [
    `outpost://experiments/3/runs/${RUN}/artifacts/plots/a%20b.png`,
    `/experiments/3/runs/${RUN}/artifacts/plots/a%20b.png`,
  ],
  [`outpost://experiments/3/models/m-${RUN}`, `/experiments/3/models/m-${RUN}`],
  [
    "outpost://models/%EA%B3%A0%EC%96%91%EC%9D%B4/versions/1.2.0-rc.1",
    "/models/%EA%B3%A0%EC%96%91%EC%9D%B4/versions/1.2.0-rc.1",
  ],
  ["outpost://experiments/3/runs?filter=metrics.loss+%3C+0.1", "/experiments/3/runs?filter=metrics.loss+%3C+0.1"],
  ["outpost://settings/appearance", "/settings/appearance"],
])("%s leads to %s", (link, route) => {
  expect(readLink(link)).toEqual({ route });
});

test.each([
  "outpost://javascript:alert(1)",
  "outpost:javascript:alert(1)",
  "outpost://https://evil.example/",
  "outpost:////evil.example/experiments/3",
  "outpost://experiments/../../etc/passwd",
  "outpost://experiments/%2e%2e/3",
  "outpost://experiments/3%2f..%2fsettings",
  "outpost://models/a%2fb",
  "outpost://models/..",
  "outpost://models/%2e%2e",
  "outpost://models/.",
  "outpost://models/a%00b",
  "outpost://models/a%0d%0aSet-Cookie:x",
  "outpost://models/%252e%252e/versions/1/../..",
  "outpost://experiments//3",
  "outpost://experiments/-1",
  "outpost://experiments/1e3",
  "outpost://experiments/3/runs/NOT-A-RUN",
  `outpost://experiments/3/runs/${RUN.toUpperCase()}`,
  "outpost://models/%E0%A4%A",
  "outpost://models/%c0%ae%c0%ae",
  "outpost://models/a?x=%E0%A4%A",
  "outpost://models/a?x=%0d%0a",
  "outpost://models/a?x=1?y=2",
  "outpost://models/a#/settings",
  'outpost://models/"><img src=x onerror=alert(1)>',
  "outpost://models/고양이",
  "outpost://models/a b",
  "outpost://models/\u0000",
  "outpost://trash/purge",
  "outpost://import?path=/etc",
  "outpost://models/new/versions/new",
  "outpost://api/outpost/v1/status",
  "outpost://user:pass@experiments/3",
  `outpost://search?q=${"a".repeat(5000)}`,
  `outpost://experiments/3/runs/${RUN}/artifacts/${"a/".repeat(300)}b`,
  "https://example.com/",
  "file:///etc/passwd",
  "",
])("%j leads Home and nowhere else, and says why", (link) => {
  const { route, refused } = readLink(link);
  expect(refused).toMatch(/^(?:The link|It is no)/);
  expect(new URL(route, "http://outpost").pathname).toBe("/");
  expect([...new URL(route, "http://outpost").searchParams.keys()]).toEqual(["missing"]);
});

test("whatever a link says, the route is one of the page's own, written plainly", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "experiments",
      "models",
      "runs",
      "..",
      "%2e%2e",
      "%2f",
      "#",
      "?",
      "//",
      "\\",
      "javascript:",
      RUN,
      "3",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const { route } = readLink(`outpost://${pieces.join("/")}`);
      expect(route).toMatch(/^\/(?!\/)[^\s\\#<>"'`]*$/);
      const { origin, pathname } = new URL(route, "http://outpost");
      expect(origin).toBe("http://outpost");
      expect(LINKABLE.some((page) => page.split("/")[1] === pathname.split("/")[1])).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("every page that a link may lead to is one of the interface's routes", () => {
  const routes = readFileSync(join(import.meta.dirname, "../../../renderer/routes.ts"), "utf8");
  expect(LINKABLE.filter((page) => !routes.includes(`"${page}":`))).toEqual([]);
});

test("a link is found among a start's words", () => {
  expect(linkIn(["--flag", "C:\\file.txt", "Outpost://models/a"])).toBe("Outpost://models/a");
  expect(linkIn(["--uri=outpost://models/a", "x"])).toBeUndefined();
});
