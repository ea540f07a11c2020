import { expect, test } from "vitest";
import { emptyTally, lineOf, plus, tallyOfVitest } from "../../build/tally.js";

const file = (status: string, ...statuses: string[]) => ({
  status,
  assertionResults: statuses.map((each, index) => ({ status: each, fullName: `test ${String(index)}` })),
});

test("counts passed, failed and skipped tests over all files", () => {
  const report = { testResults: [file("passed", "passed", "pending"), file("failed", "failed", "passed", "todo")] };
  const tally = tallyOfVitest(report, 1);
  expect(tally).toEqual({ passed: 2, failed: 1, skips: ["test 1", "test 2"] });
  expect(lineOf(tally)).toBe("2 passed, 1 failed, 2 skipped");
});

test("a file that could not be loaded counts as a failure", () => {
  expect(tallyOfVitest({ testResults: [file("passed", "passed"), file("failed")] }, 1).failed).toBe(1);
});

test("a runner that fails without a failed test is a failure all the same", () => {
  expect(tallyOfVitest({ testResults: [] }, 1).failed).toBe(1);
  expect(tallyOfVitest({ testResults: [file("passed", "passed")] }, 1).failed).toBe(1);
});

test("a clean run has nothing failed", () => {
  expect(tallyOfVitest({ testResults: [file("passed", "passed")] }, 0)).toEqual({ passed: 1, failed: 0, skips: [] });
});

test("tallies add up, and skips keep their names", () => {
  const one = { passed: 1, failed: 2, skips: ["a"] };
  expect(plus(plus(emptyTally, one), { passed: 3, failed: 0, skips: ["b"] })).toEqual({
    passed: 4,
    failed: 2,
    skips: ["a", "b"],
  });
});
