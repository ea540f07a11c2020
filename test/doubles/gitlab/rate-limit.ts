/** Throttling: a 429 in one of the three dresses that were seen. */
import { type Answer, json } from "./http.ts";
import type { LogEntry, State } from "./state.ts";

/** The refusal for this call, or undefined below the limit. Refused calls are not counted. */
export const rateLimited = (state: State, entry: LogEntry): Answer | undefined => {
  const { rateLimit, options } = state;
  if (!rateLimit) return undefined;
  const begin = Math.floor(entry.at / rateLimit.windowMs) * rateLimit.windowMs;
  const recent = state.log.filter((each) => each.at >= begin && each !== entry && each.status !== 429);
  if (recent.length < rateLimit.max) return undefined;
  const reset = Math.ceil((begin + rateLimit.windowMs) / 1000);
  const wait = { "retry-after": String(Math.max(Math.ceil((begin + rateLimit.windowMs - entry.at) / 1000), 1)) };
  if (options.rateIsJson) {
    const text = "This endpoint has been requested too many times. Try again later.";
    return json({ message: { error: text } }, 429, options.rateHeaders ? wait : {});
  }
  const headers = {
    ...wait,
    "ratelimit-limit": String(rateLimit.max),
    "ratelimit-name": rateLimit.name,
    "ratelimit-observed": String(recent.length + 1),
    "ratelimit-remaining": "0",
    "ratelimit-reset": String(reset),
  };
  const type = { "content-type": "text/plain" };
  return { status: 429, headers: options.rateHeaders ? { ...type, ...headers } : type, body: "Retry later\n" };
};
