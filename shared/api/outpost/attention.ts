/** What a person should look at, for Home. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Job } from "./jobs.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const Attention = Type.Object({
  disk: Nullable(Type.Object({ level: Text(), free_bytes: Whole(), total_bytes: Whole() })), // null where there is room
  jobs: Type.Array(Job), // failed or interrupted, and not dismissed
  trash_due: Whole(), // things kept in the trash for longer than the setting says
});
export type Attention = Static<typeof Attention>;

export const getAttention = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/attention`,
  summary: "What needs a person: a full disk, work that failed or was cut off, trash that is due",
  request: Type.Object({}),
  response: Attention,
});
