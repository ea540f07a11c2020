/** What a window shows before the host answers: a few words in the page's colours, without a script. */
import type { Preferences } from "../../shared/shell/preferences.ts";
import type { HostState } from "../../shared/shell/signals.ts";
import type { Phrase } from "./phrases.ts";

/** The page's ground in `styles/tokens.css`: a window opens in it, so that nothing flashes. */
export const grounds = { light: "#f7f7f5", dark: "#121316" } as const;
const inks = { light: "#5a5f68", dark: "#a3a9b3" } as const;

const phrases = {
  starting: { en: "Outpost is starting…", ko: "Outpost를 시작하는 중…", ja: "Outpost を起動しています…" },
  restarting: {
    en: "The host stopped unexpectedly and is starting again…",
    ko: "호스트가 예기치 않게 중지되어 다시 시작하는 중…",
    ja: "ホストが予期せず停止したため、再起動しています…",
  },
  stopped: { en: "The host is stopped.", ko: "호스트가 중지되었습니다.", ja: "ホストは停止しています。" },
  failed: { en: "The host cannot run", ko: "호스트를 실행할 수 없습니다", ja: "ホストを実行できません" },
} as const satisfies Record<string, Phrase>;

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const POLICY = "default-src 'none'; style-src 'unsafe-inline'"; // no script can run here; these styles are all there is

const style = `html{background:${grounds.light};color:${inks.light};font:14px/1.5 system-ui,sans-serif;height:100%}
body{display:grid;place-content:center;height:100%;margin:0;padding:0 24px;text-align:center}
h1{font-size:15px;font-weight:600;margin:0}p{margin:8px 0 0;max-width:64ch;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){html{background:${grounds.dark};color:${inks.dark}}}`;

/** The page as an address that needs no file and no network. */
export const startingPage = (
  state: HostState,
  { say, language }: { say: (phrase: Phrase) => string; language: Exclude<Preferences["language"], "system"> },
): string => {
  const title = say(state.phase === "running" ? phrases.starting : phrases[state.phase]);
  const reason = state.phase === "failed" ? `<p>${escape(state.reason)}</p>` : "";
  const html = `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="color-scheme" content="light dark"><title>Outpost</title><style>${style}</style></head><body role="status"><h1>${escape(title)}</h1>${reason}</body></html>`;
  return `data:text/html;charset=utf-8,${encodeURIComponent(html)}`;
};
