/** What is done when a window's renderer dies or hangs. */
import type { ElectronMain, ShellLog, ShellWindow } from "./context.ts";
import type { Phrase } from "./phrases.ts";

export interface WindowHealthDeps {
  readonly electron: Pick<ElectronMain, "dialog">;
  readonly log: ShellLog;
  readonly say: (phrase: Phrase) => string;
  readonly now: () => number;
  readonly reload: () => void;
}

const MOST_CRASHES = 3;
const CRASH_WINDOW_MS = 60_000;

const phrases = {
  crashed: {
    en: "The window's page crashed several times.",
    ko: "창의 페이지가 여러 번 비정상 종료되었습니다.",
    ja: "ウィンドウのページが何度も異常終了しました。",
  },
  crashedDetail: {
    en: "Logging is not affected: the host runs on.",
    ko: "기록에는 영향이 없습니다. 호스트는 계속 실행됩니다.",
    ja: "記録には影響ありません。ホストは動作を続けています。",
  },
  hangs: {
    en: "The window does not respond.",
    ko: "창이 응답하지 않습니다.",
    ja: "ウィンドウが応答していません。",
  },
  wait: { en: "Wait", ko: "기다리기", ja: "待つ" },
  reload: { en: "Load again", ko: "다시 불러오기", ja: "再読み込み" },
  close: { en: "Close window", ko: "창 닫기", ja: "ウィンドウを閉じる" },
} as const satisfies Record<string, Phrase>;

export const watchHealth = (window: ShellWindow, deps: WindowHealthDeps): void => {
  const { electron, log, say, now, reload } = deps;
  const { webContents } = window;
  let crashes: number[] = [];
  let question: AbortController | undefined;

  const askAfterCrashes = async (): Promise<void> => {
    const { response } = await electron.dialog.showMessageBox(window, {
      type: "warning",
      message: say(phrases.crashed),
      detail: say(phrases.crashedDetail),
      buttons: [say(phrases.reload), say(phrases.close)],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    });
    if (window.isDestroyed()) return;
    crashes = [];
    if (response === 0) reload();
    else window.destroy(); // its page is gone and cannot be asked
  };

  webContents.on("render-process-gone", (_event, { reason, exitCode }) => {
    if (reason === "clean-exit" || window.isDestroyed()) return;
    crashes = [...crashes.filter((at) => now() - at < CRASH_WINDOW_MS), now()];
    log.error("a window's renderer is gone", { reason, exitCode, crashes: crashes.length });
    question?.abort();
    if (crashes.length <= MOST_CRASHES) reload();
    else void askAfterCrashes();
  });

  const askAfterSilence = async (asked: AbortController): Promise<void> => {
    const { response } = await electron.dialog.showMessageBox(window, {
      type: "warning",
      message: say(phrases.hangs),
      buttons: [say(phrases.wait), say(phrases.reload)],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
      signal: asked.signal,
    });
    if (question === asked) question = undefined;
    if (response !== 1 || asked.signal.aborted || window.isDestroyed()) return;
    webContents.forcefullyCrashRenderer(); // a page that hangs takes no other order; `render-process-gone` loads it again
  };

  window.on("unresponsive", () => {
    if (question) return;
    log.warn("a window does not respond");
    question = new AbortController();
    void askAfterSilence(question);
  });
  window.on("responsive", () => {
    question?.abort(); // takes the question away
    question = undefined;
  });
};
