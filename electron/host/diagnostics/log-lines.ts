/**
 * Log lines for other eyes. A line keeps what the host itself wrote: times, levels, numbers, constant words, where an
 * error arose. What may be a name that a person gave is left out by rule, not looked for.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

export type Clean = (text: string) => string;

const LEFT_OUT = "[left out]";

/**
 * Quoted pieces are other people's words, and so are paths, but for the routes' own patterns. From the first quote to the
 * last: a name may hold quotes itself.
 */
export const withoutNames = (text: string): string =>
  text
    .replace(/"[^]*"|"[^]*$/, "[…]")
    .replace(/`[^]*`|`[^]*$/, "[…]")
    .replace(/(?<![\p{L}\p{N}])'[^]*'|(?<![\p{L}\p{N}])'[^]*$/u, "[…]")
    .replace(/[^\s()]*[\\/][^\s()]*/g, (path) => (isOurs(path) ? path : "[path]"));

const isOurs = (path: string): boolean =>
  /^\/(?:ajax-)?api\/[a-z0-9./:_*-]*$/.test(path) || /^https?:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?\/?$/.test(path);

/** Fields whose text the host itself chose. */
const PLAIN = new Set(["time", "type", "code", "kind", "depth", "left", "version", "name", "level", "backup", "url"]);
/** Never anything but what this pattern takes. */
const PLAIN_WORD = /^[\w.:+\- /]{1,80}$/;
const isPlain = (key: string, text: string): boolean =>
  PLAIN.has(key) && (PLAIN_WORD.test(text) || isOurs(text)) && (key !== "name" || /^[A-Z]\w*Error$/.test(text));

/** `at function (file:line:column)`, or without a function. */
const FRAME = /^at (?:((?:async |new )?[\w$.<>]+(?: \[as \w+\])?) \()?(?:file:\/\/)?([^()]*?)(:\d+(?::\d+)?)\)?$/;
/** Where code of ours, of its packages and of Node lies: only such a file is named. */
const OUR_CODE = /^node:[\w/]+$|[\\/](?:electron|shared|dist|node_modules|app\.asar)[\\/]/;

/** The frames of a stack: function, file and line. What precedes them repeats the message. */
const framesOf = (stack: string, message: string): string[] =>
  stack
    .slice(stack.includes(message) ? stack.indexOf(message) + message.length : 0)
    .split("\n")
    .flatMap((line) => {
      const frame = FRAME.exec(line.trim());
      if (!frame) return [];
      const [, name, file = "", place = ""] = frame;
      const where = OUR_CODE.test(file) ? `${file.replace(/^.*[\\/]/, "")}${place}` : LEFT_OUT;
      return [name === undefined ? where : `${name} (${where})`];
    });

const cleanError = (error: Readonly<Record<string, unknown>>, clean: Clean): unknown => {
  const { type, message, stack } = error;
  const code = error["code"];
  // An expected failure names what a person called it; any other error speaks of the program.
  const isExpected = type === "DomainError" || error["name"] === "DomainError";
  return {
    type: typeof type === "string" && PLAIN_WORD.test(type) ? type : "Error",
    ...(typeof code === "string" && PLAIN_WORD.test(code) && { code }),
    message: isExpected || typeof message !== "string" ? LEFT_OUT : withoutNames(clean(message.split("\n")[0] ?? "")),
    stack: typeof stack === "string" ? framesOf(stack, typeof message === "string" ? message : "") : [],
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const cleanField = (key: string, value: unknown, clean: Clean): unknown => {
  if (key === "err" && isRecord(value)) return cleanError(value, clean);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (key === "msg" && typeof value === "string") return withoutNames(clean(value));
  if (typeof value === "string") return isPlain(key, value) ? clean(value) : LEFT_OUT;
  if (Array.isArray(value)) return `${LEFT_OUT}: ${value.length}`;
  return LEFT_OUT;
};

/** One line of the log, cleaned; what is no line of ours only counts. */
export const cleanLogLine = (line: string, clean: Clean): string => {
  const parsed = parse(line);
  if (!isRecord(parsed)) return JSON.stringify({ left_out: line.length });
  return JSON.stringify(
    Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, cleanField(key, value, clean)])),
  );
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // half a line, cut by a crash or by the tail: it counts as left out
  }
};

const LOG_NAME = /^outpost(?:\.(\d+))?\.log$/;
const MOST_FILES = 5;
const TAIL_BYTES = 1_000_000;

/** The newest log files, each by its last part, cleaned. */
export const readLogs = (folder: string, clean: Clean): { readonly name: string; readonly text: string }[] =>
  readdirSync(folder)
    .flatMap((name) => {
      const match = LOG_NAME.exec(name);
      return match ? [{ name, age: Number(match[1] ?? 0) }] : [];
    })
    .sort((a, b) => a.age - b.age)
    .slice(0, MOST_FILES)
    .map(({ name }) => {
      const lines = tailOf(join(folder, name)).split("\n");
      return {
        name,
        text: lines
          .filter((line) => line !== "")
          .map((line) => `${cleanLogLine(line, clean)}\n`)
          .join(""),
      };
    });

const tailOf = (path: string): string => {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const length = Math.min(size, TAIL_BYTES);
    const bytes = Buffer.alloc(length);
    const read = readSync(fd, bytes, 0, length, size - length);
    return bytes.toString("utf8", 0, read);
  } finally {
    closeSync(fd);
  }
};
