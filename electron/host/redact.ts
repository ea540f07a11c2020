/** What must never reach a log, whatever field or sentence it hides in. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // "authorization": "…", 'cookie': '…', token=…, password: … — in JSON, in escaped JSON, in headers and in sentences
  [
    /((?:authorization|proxy-authorization|cookie|set-cookie|private-token|job-token|x-[a-z-]*token|[a-z_]*(?:token|secret|password|passwd|api_?key))\\*["']?\s*[:=]\s*\[?\\*["']?)(?!\[redacted\]|true\b|false\b|null\b|\d+\b)((?:bearer|basic)\s+)?[^\s"'\\,;&}\]]+/gi,
    "$1[redacted]",
  ],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [redacted]"],
  [/\b(gl[a-z]{2,6}-|outpost_|ghp_|hf_)[A-Za-z0-9_-]{8,}/g, "$1[redacted]"],
  [/(\/\/)[^\s/@"]+:[^\s/@"]+@/g, "$1[redacted]@"], // user:password in a URL
];

/** The text with every secret it can recognise taken out. */
export const redactSecrets = (text: string): string =>
  SECRETS.reduce((out, [pattern, put]) => out.replace(pattern, put), text);
