/** Counts what the runners report, so that one closing line can stand for all of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, root } from "./root.js";

export const emptyTally = { passed: 0, failed: 0, skips: [] };

/** Two tallies as one. */
export const plus = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skips: [...a.skips, ...b.skips],
});

/** Reads vitest's JSON report. A file that could not even be loaded has no test in it, so the exit status must speak for it. */
export const tallyOfVitest = (report, status) => {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const failed = tests.filter((test) => test.status === "failed").length;
  const unseen = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: Math.max(failed + unseen.length, status === 0 ? 0 : 1),
    skips: tests.filter((test) => !["passed", "failed"].includes(test.status)).map((test) => test.fullName),
  };
};

/** `N passed, N failed, N skipped`. */
export const lineOf = ({ passed, failed, skips }) => `${passed} passed, ${failed} failed, ${skips.length} skipped`;

const fileOf = (name) => join(root, ".cache", `tally-${name}.json`);

export const saveTally = (name, tally) => writeFileSync(fileOf(name), JSON.stringify(tally));

/** What a runner saved. One that ended before it could is a failure. */
export const readTally = (name) => {
  const text = readIfThere(fileOf(name));
  return text === undefined ? { ...emptyTally, failed: 1 } : JSON.parse(text);
};
