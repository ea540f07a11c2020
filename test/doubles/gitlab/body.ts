/** Request bodies and queries as Rack reads them: JSON, or forms whose names nest by brackets; both merged. */
import { error } from "./http.ts";

export type Raw = Record<string, unknown>;

export const isRecord = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One pair of a form put where its brackets say: `a[b]=1`, `a[]=1`, `a[][b]=1`. */
const place = (into: Raw, name: string, value: string): void => {
  const [head = "", ...steps] = name.replace(/\]/g, "").split("[");
  let holder: Raw = into;
  let key = head;
  for (const [at, step] of steps.entries()) {
    if (step !== "") {
      const inner = holder[key];
      const next: Raw = isRecord(inner) ? inner : {};
      holder[key] = next;
      [holder, key] = [next, step];
      continue;
    }
    const found = holder[key];
    const list: unknown[] = Array.isArray(found) ? found : [];
    holder[key] = list;
    const field = steps[at + 1];
    if (field === undefined) return void list.push(value);
    const last = list.at(-1);
    // A field that the last element already has begins the next element.
    const element: Raw = isRecord(last) && !Object.hasOwn(last, field) ? last : {};
    if (element !== last) list.push(element);
    element[field] = value;
    return;
  }
  holder[key] = value;
};

/** A query string or form as the application sees it. */
export const parseForm = (text: string): Raw => {
  const out: Raw = {};
  for (const [name, value] of new URLSearchParams(text)) place(out, name, value);
  return out;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw error(400, "Problems parsing JSON"); // NaN and Infinity, which Python's json writes, end here as well
  }
};

/** The body's parameters. @throws Refusal 400 for a body that cannot be read. */
export const parseBody = (contentType: string, bytes: Buffer): Raw => {
  const text = bytes.toString("utf8");
  if (text === "") return {};
  if (contentType.includes("json")) {
    const value = parseJson(text);
    return isRecord(value) ? value : {};
  }
  return contentType.includes("x-www-form-urlencoded") ? parseForm(text) : {};
};
