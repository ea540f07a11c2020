import { expect, test } from "vitest";
import { mistakesIn, unusedIn } from "../../build/i18n.ts";

const plural = [{ match: { "plural=one": "{n} run", "plural=other": "{n} runs" }, declarations: ["input count"] }];

test("messages that every language says in full have no mistakes", () => {
  expect(
    mistakesIn("runs", {
      en: { runs_title: "Runs", runs_count: plural },
      ko: { runs_title: "실행", runs_count: "실행 {n}개" },
      ja: { runs_title: "実行", runs_count: "{n}件" },
    }),
  ).toEqual([]);
});

test("a missing, an empty and an unknown key, a lost input and a wrong prefix are named with their language", () => {
  expect(
    mistakesIn("runs", {
      en: { runs_title: "Runs", runs_count: plural, title: "Runs" },
      ko: { runs_title: "", runs_count: "실행", title: "실행" },
      ja: { runs_count: "{n}件", runs_other: "他", title: "実行" },
    }),
  ).toEqual([
    "runs/en: 'title' must start with 'runs_'",
    "runs/ko: 'runs_title' is missing",
    "runs/ko: 'runs_count' takes (), not (n)",
    "runs/ja: 'runs_title' is missing",
    "runs/ja: 'runs_other' is not in en.json",
  ]);
  expect(mistakesIn("runs", { en: {}, ko: {} })).toContain("runs: there is no ja.json");
});

test("a message that no source shows is named", () => {
  const source = "<h2>{m.runs_title()}</h2> const words = { yes: m.common_yes }; item.runs_other; them.runs_none();";
  expect(unusedIn(["runs_title", "runs_titles", "common_yes", "runs_other", "runs_none"], source)).toEqual([
    "runs_titles",
    "runs_other",
    "runs_none",
  ]);
});
