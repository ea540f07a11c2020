import { expect, test } from "vitest";
import { originOf, type Fields, type LocalDoc, type SyncKind } from "../../../shared/sync/doc.ts";
import type { RemoteRow } from "../../../electron/store/sync/rows.ts";
import { conditions, keptBy } from "../../../electron/sync/rules.ts";

const doc = (kind: SyncKind, fields: Fields, label = `the ${kind}`): LocalDoc => {
  const uid = "1".repeat(32);
  const origin = originOf("a".repeat(32), kind, uid);
  return { kind, uid, origin, parent: null, label, fields, files: [], points: 0, rev: 1, trashed: false };
};
const row = (rules: Partial<Pick<RemoteRow, "class_max" | "required_tags">>): RemoteRow => ({
  id: 1,
  name: "hub",
  kind: "gitlab",
  base_url: "https://gitlab.example.com",
  project: "g/p",
  token_file: null,
  mode: "ask",
  file_policy: "light",
  class_max: null,
  required_tags: [],
  ca_file: null,
  proxy: null,
  up_limit: null,
  down_limit: null,
  settle_ms: null,
  paused: false,
  identity: null,
  title: null,
  probe: null,
  accepted_at: null,
  checked_at: null,
  state: "ok",
  problem: null,
  added_at: 0,
  ...rules,
});
const as = (name: string): Fields => ({ "tag/classification": name });

test.each<[string, string | null, LocalDoc, LocalDoc[], RegExp | undefined]>([
  ["no ceiling", null, doc("run", {}), [], undefined],
  ["below it", "official", doc("run", as("public")), [], undefined],
  ["at it", "official", doc("run", as("Official")), [], undefined],
  ["above it", "official", doc("run", as("secret")), [], /It is classified 'secret', and hub takes 'official' at most/],
  [
    "no class",
    "official",
    doc("run", {}),
    [doc("experiment", {})],
    /no classification.*Set the tag 'classification' of the run or of its experiment/,
  ],
  [
    "a class that nobody knows",
    "secret",
    doc("run", as("cosmic")),
    [],
    /'cosmic', which is none of public, official, secret/,
  ],
  ["inherited", "official", doc("run", {}), [doc("experiment", as("public"))], undefined],
  [
    "inherited above it",
    "official",
    doc("run", as("public")),
    [doc("experiment", as("secret"))],
    /Its experiment 'the experiment' is classified 'secret'/,
  ],
  [
    "a version of a secret run",
    "official",
    doc("model_version", {}),
    [doc("registered_model", as("public")), doc("run", as("secret"))],
    /Its run 'the run' is classified 'secret'/,
  ],
  ["a ceiling that is no class", "cosmic", doc("run", as("public")), [], /takes 'cosmic' at most/],
])("%s", (_name, class_max, one, ancestors, why) => {
  const kept = keptBy(conditions, one, ancestors, row({ class_max }));
  if (why === undefined) expect(kept).toBeUndefined();
  else expect(kept).toMatch(why);
});

test("required tags may stand on what an object belongs to; an empty one does not count", () => {
  const rules = row({ required_tags: ["department", "owner"] });
  const experiment = doc("experiment", { "tag/department": "ml" });
  expect(keptBy(conditions, doc("run", { "tag/owner": "ann" }), [experiment], rules)).toBeUndefined();
  expect(keptBy(conditions, doc("run", { "tag/owner": " " }), [experiment], rules)).toMatch(/asks for the tag 'owner'/);
  expect(keptBy(conditions, doc("run", {}), [], rules)).toMatch(/asks for the tags 'department', 'owner'/);
});
