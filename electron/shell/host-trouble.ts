/** The ways out when the host is given up: start it again, look at its log, or quit. */
import { join } from "node:path";
import type { ElectronMain, HostThread, Windows } from "./context.ts";
import type { Phrase } from "./phrases.ts";

const phrases = {
  failed: {
    en: "Outpost's host cannot run.",
    ko: "Outpost 호스트를 실행할 수 없습니다.",
    ja: "Outpost のホストを実行できません。",
  },
  again: { en: "Start again", ko: "다시 시작", ja: "再起動" },
  log: { en: "Show the log", ko: "로그 보기", ja: "ログを表示" },
  quit: { en: "Quit", ko: "종료", ja: "終了" },
} as const satisfies Record<string, Phrase>;

export interface HostTroubleDeps {
  readonly electron: Pick<ElectronMain, "dialog" | "shell">;
  readonly host: HostThread;
  readonly windows: Windows;
  readonly dataDir: string;
  readonly say: (phrase: Phrase) => string;
  readonly quit: () => void;
}

/** Asks whenever the host has failed; the page and the window say so too. */
export const askAboutFailures = ({ electron, host, windows, dataDir, say, quit }: HostTroubleDeps): void => {
  const { dialog, shell } = electron;
  const ask = async (reason: string): Promise<void> => {
    const window = windows.current();
    const question = {
      type: "error" as const,
      message: say(phrases.failed),
      detail: reason,
      buttons: [say(phrases.again), say(phrases.log), say(phrases.quit)],
      defaultId: 0,
      cancelId: 2,
      noLink: true,
    };
    const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
    if (host.state.phase !== "failed") return;
    if (response === 0) return host.start();
    if (response === 2) return quit();
    await shell.openPath(join(dataDir, "logs"));
    await ask(reason);
  };
  host.onState((state) => {
    if (state.phase === "failed") void ask(state.reason);
  });
};
