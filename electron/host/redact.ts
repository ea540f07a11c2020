/** What must never reach a log, whatever field or sentence it hides in. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // "authorization": "…", 'cookie': '…', token=…, password: … — in JSON, in escaped JSON, in headers and in sentences
  [
    /((?:authorization|proxy-authorization|cookie|set-cookie|private-token|job-token|x-[a-z-]*token|[a-z_]*(?:token|secret|password|passwd|api_?key))\\*["']?\s*[:=]\s*\[?\\*["']?)(?!\[redacted\]|true\b|false\b|null\b|\d+\b)((?:bearer|basic)\s+)?[^\s"'\\,;&}\]]+/gi,
    "$1[redacted]",
  ],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [redacted]"],
  [/\b(gl[a-z]{2,6}-|outpost_|ghp_|hf_)[A-Za-z0-9_-]{8,}/g, "$1[redacted]"],
  [/(\/\/)[^\s/@"]+@/g, "$1[redacted]@"], // user:password in a URL, or a token alone
];

/** The text with every secret it can recognise taken out. */
export const redactSecrets = (text: string): string =>
  SECRETS.reduce((out, [pattern, put]) => out.replace(pattern, put), text);

/** What tells of a person or a machine rather than of Outpost. */
export interface Personal {
  readonly dataFolder: string;
  readonly homes: readonly string[];
  readonly users: readonly string[];
  readonly hosts: readonly string[];
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A path as it stands in text: either kind of slash, once or doubled by an escape. */
const pathPattern = (path: string): RegExp | undefined => {
  const parts = path.split(/[\\/]+/).filter((part) => part !== "");
  if (parts.length === 0) return undefined;
  const root = /^[\\/]/.test(path) ? "[\\\\/]+" : "";
  return new RegExp(`${root}${parts.map(literal).join("[\\\\/]+")}(?![\\w-])`, "gi");
};

const wordPattern = (word: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${literal(word)}(?![\\p{L}\\p{N}])`, "giu");

/** Accounts that say nothing of who uses them. */
const NOBODY = new Set(["root", "outpost", "nobody"]);
const SHORTEST = 2;
/** Homes of others, where a path of theirs got into a message. */
const ANY_HOME = /([\\/](?:home|Users)[\\/]+)[^\\/\s"':;,]+/gi;

/** Takes secrets out, and puts plain words for this machine's folders, users and names. */
export const createPersonalRedactor = ({ dataFolder, homes, users, hosts }: Personal): ((text: string) => string) => {
  const replaced: [RegExp, string][] = [];
  const paths: [string, string][] = [
    [dataFolder, "[data-folder]"],
    ...homes.map((home): [string, string] => [home, "~"]),
  ];
  for (const [path, put] of paths) {
    const pattern = pathPattern(path);
    if (pattern) replaced.push([pattern, put]);
  }
  replaced.push([ANY_HOME, "$1[user]"]);
  const words = (all: readonly string[], put: string): void => {
    for (const word of new Set(all))
      if (word.length >= SHORTEST && !NOBODY.has(word.toLowerCase())) replaced.push([wordPattern(word), put]);
  };
  words(users, "[user]");
  words(hosts, "[host]");
  return (text) => replaced.reduce((out, [pattern, put]) => out.replace(pattern, put), redactSecrets(text));
};
