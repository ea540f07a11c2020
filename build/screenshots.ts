/** Takes the pictures: one host without anything, one with everything, one Chromium. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { startOutpost } from "../test/helpers/outpost-process.ts";
import { root } from "./root.js";
import { MOST_PICTURES, shots } from "./screenshots-pages.ts";
import { type Places, seedScreenshots } from "./screenshots-seed.ts";

const names = process.argv.slice(2).filter((name) => !name.startsWith("--"));
const SWEEP_RUNS = process.argv.includes("--quick") ? 400 : 5000;
const target = join(root, ".cache", "screenshots");
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

type Shot = (typeof shots)[number];
const pictures = shots
  .filter(({ name, state }) => names.length === 0 || names.some((wanted) => `${state}-${name}`.includes(wanted)))
  .flatMap((shot) => shot.looks.map((look) => ({ shot, look })));

const nameOf = (shot: Shot, look: string): string => `${shot.state}-${shot.name}-${look.replace(" ", "-")}.png`;

const take = async (browser: Browser, url: string, places: Places, { shot, look }: (typeof pictures)[number]) => {
  const [width, colours] = look.split(" ");
  const context = await browser.newContext({
    viewport: { width: Number(width), height: width === "1920" ? 1080 : 860 },
    colorScheme: colours === "dark" ? "dark" : "light",
    locale: shot.language ?? "en-US",
  });
  const page = await context.newPage();
  try {
    await page.goto(`${url}/#${shot.route(places)}`);
    await page.locator("h1").waitFor({ timeout: 20_000 });
    await page.waitForTimeout(900); // charts come after their points
    await shot.before?.(page);
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(target, nameOf(shot, look)) });
  } finally {
    await context.close();
  }
};

if (pictures.length > MOST_PICTURES)
  throw new Error(
    `${pictures.length} pictures are more than the ${MOST_PICTURES} that anybody looks at: take some out`,
  );
if (names.length === 0) rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "outpost-screenshots-"));
const hosts = {
  empty: await startOutpost({ dataDir: join(folder, "empty") }),
  full: await startOutpost({ dataDir: join(folder, "full") }),
};
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ARGS,
});
let failed = 0;
try {
  const places = await seedScreenshots(hosts.full.url, SWEEP_RUNS);
  for (const picture of pictures)
    await take(browser, hosts[picture.shot.host].url, places, picture).catch((error: unknown) => {
      failed += 1;
      console.error(`${nameOf(picture.shot, picture.look)}: ${error instanceof Error ? error.message : String(error)}`);
    });
} finally {
  await browser.close();
  await Promise.all([hosts.empty.stop(), hosts.full.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${pictures.length - failed} of ${pictures.length} pictures in ${target}`);
process.exitCode = failed > 0 ? 1 : 0;
