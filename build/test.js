/**
 * `npm test`: all set-up, then every suite; `node build/test.js SUITE… [-- VITEST ARGS]` runs the named ones. What a machine lacks is
 * skipped by name, never silently.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./built.js";
import { openWatch } from "./canary.js";
import { findChromium } from "./chromium.js";
import { findElectron } from "./electron.js";
import { setUpPython } from "./python.js";
import { giveUp, readIfThere, root, run } from "./root.js";
import { setUp } from "./setup.js";
import { emptyTally, lineOf, plus, saveTally, tallyOfVitest } from "./tally.js";

/** Suites run one after the other, so that those that measure or race are alone on the machine. */
const suites = {
  unit: { projects: ["unit", "renderer", "layers"] },
  conformance: { projects: ["conformance"], needs: ["python", "build"] },
  e2e: { projects: ["e2e"], needs: ["python", "build", "chromium"] },
  shell: { projects: ["shell"], needs: ["build", "chromium"] },
  desktop: { projects: ["desktop"], needs: ["build", "electron"] },
  faults: { projects: ["faults"], needs: ["build"] },
  differential: { projects: ["differential"], needs: ["python", "build"] },
  packages: { projects: ["packages"], needs: ["python", "build"] },
};
/** Suites with the full number of rounds or cells: too long for every day. */
const long = {
  kill: { ...suites.faults, only: ["test/faults/kill.test.ts"], env: { FULL_ROUNDS: "1" } },
  matrix: { ...suites.faults, only: ["test/faults/sync/"], env: { ALL_CELLS: "1" } },
};

const chromium = findChromium();
const electron = findElectron();
const reportFolder = join(root, ".cache");
/** A terminal is behind the pipe. */
const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined ? { FORCE_COLOR: "1" } : {};

const vitest = async (node, watch, name, { projects, only = [], env }, extraArgs) => {
  const report = join(reportFolder, `vitest-${name}.json`);
  rmSync(report, { force: true });
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    ...only,
    ...extraArgs,
  ];
  const settings = {
    ...process.env,
    ...colours,
    ...env,
    ...watch.env,
    TEST_REPORT: report,
    ...(chromium && { CHROMIUM_PATH: chromium }),
    ...(electron && { ELECTRON_PATH: electron }),
  };
  const status = await run(node, args, { env: settings, stdio: ["ignore", "pipe", "pipe"], onStart: watch.keep(name) });
  const text = readIfThere(report);
  return text === undefined ? { ...emptyTally, failed: 1 } : tallyOfVitest(JSON.parse(text), status);
};

const runSuite = async (node, watch, name, suite, extraArgs) => {
  console.log(`\n== ${name}`);
  if (suite.needs?.includes("chromium") && !chromium) {
    console.log("skipped: no Chromium found (install one, or name it in CHROMIUM_PATH)");
    return { ...emptyTally, skips: [`${name}: no Chromium found`] };
  }
  if (suite.needs?.includes("electron") && !electron) {
    console.log("skipped: Electron's binary was not found (npx install-electron fetches it)");
    return { ...emptyTally, skips: [`${name}: Electron's binary was not found`] };
  }
  return vitest(node, watch, name, suite, extraArgs);
};

const readArguments = () => {
  const args = process.argv.slice(2);
  const end = args.indexOf("--");
  const named = end < 0 ? args : args.slice(0, end);
  const known = { ...suites, ...long };
  const unknown = named.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) giveUp(`no suite '${unknown}': there are ${Object.keys(known).join(", ")}`);
  const chosen = named.length > 0 ? named : Object.keys(suites);
  return { chosen: chosen.map((name) => [name, known[name]]), extraArgs: end < 0 ? [] : args.slice(end + 1) };
};

const { chosen, extraArgs } = readArguments();
const isNeeded = (thing) => chosen.some(([, suite]) => suite.needs?.includes(thing));
const node = await setUp();
if (isNeeded("python")) await setUpPython();
if ((await run(node, ["build/i18n.ts"], { stdio: ["ignore", "inherit", "inherit"] })) !== 0)
  giveUp("the interface's texts do not compile: see above");
if (isNeeded("build")) await ensureBuilt(node);
mkdirSync(reportFolder, { recursive: true });

const watch = openWatch();
let total = emptyTally;
for (const [name, suite] of chosen) total = plus(total, await runSuite(node, watch, name, suite, extraArgs));
console.log("");
if (!(await watch.close(node))) total = plus(total, { ...emptyTally, failed: 1 });
saveTally("test", total);
for (const name of total.skips) console.log(`skipped: ${name}`);
console.log(`\n${lineOf(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
