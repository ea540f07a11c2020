/** Tags and params: validated one at a time, or put in by a bulk statement that skips the model's validations. */
import type { Raw } from "./body.ts";
import { checkViolation, invalid } from "./http.ts";
import { rawText } from "./params.ts";
import type { Tag } from "./state.ts";

export interface Limits {
  readonly key: number;
  readonly value: number;
}
export const tagLimits: Limits = { key: 250, value: 5000 };
export const versionTagLimits: Limits = { key: 255, value: 5000 };
export const paramLimits: Limits = { key: 250, value: 250 };

const isBlank = (text: string): boolean => /^\s*$/u.test(text);
const lengthOf = (text: string): number => [...text].length;

/** What Rails says about one key and value; empty when it is fine. */
export const problemsOf = (tag: Tag, limits: Limits): readonly string[] => [
  ...(isBlank(tag.key) ? ["Name can't be blank"] : []),
  ...(lengthOf(tag.key) > limits.key ? [`Name is too long (maximum is ${String(limits.key)} characters)`] : []),
  ...(isBlank(tag.value) ? ["Value can't be blank"] : []),
  ...(lengthOf(tag.value) > limits.value ? [`Value is too long (maximum is ${String(limits.value)} characters)`] : []),
];

/** Adds one, validated and write-once. @throws Refusal INVALID_PARAMETER_VALUE with Rails' words */
export const addOne = (into: Tag[], tag: Tag, limits: Limits, taken: string): void => {
  const problems = [...problemsOf(tag, limits), ...(into.some(({ key }) => key === tag.key) ? [taken] : [])];
  if (problems.length > 0) throw invalid(`Validation failed: ${problems.join(", ")}`);
  into.push(tag);
};

/**
 * One bulk insert: keys that exist are kept, silently, and so is the first of equal keys. Blanks pass. All or nothing
 * within the statement. @throws Refusal with the database's words for a missing or over-long value
 */
export const addMany = (into: Tag[], items: readonly Raw[], limits: Limits, table: string): void => {
  const tags = items.map((item) => ({ key: rawText(item, "key"), value: rawText(item, "value") }));
  for (const { key, value } of tags) {
    if (key === null || value === null)
      throw invalid(
        `PG::NotNullViolation: ERROR:  null value in column of relation "${table}" violates not-null constraint\n`,
      );
    if (lengthOf(key) > limits.key || lengthOf(value) > limits.value) throw checkViolation(table);
  }
  for (const { key, value } of tags)
    if (key !== null && value !== null && !into.some((each) => each.key === key)) into.push({ key, value });
};

/** The elements of an undeclared array parameter that are objects. */
export const rawItems = (value: unknown): readonly Raw[] =>
  Array.isArray(value)
    ? value.filter((each): each is Raw => typeof each === "object" && each !== null && !Array.isArray(each))
    : [];
