/**
 * How the app ends: what is logging is asked about, the host is stopped in order, and only then is the process gone. Also
 * what happens when the last window is closed.
 */
import { getLiveRuns, type LiveRuns } from "../../shared/api/outpost/live-runs.ts";
import type { ElectronMain, HostThread, PreferenceStore, ShellLog, Windows } from "./context.ts";
import { buttons, type Phrase } from "./phrases.ts";

export interface LeavingDeps {
  readonly electron: Pick<ElectronMain, "app" | "dialog" | "powerMonitor">;
  readonly platform: NodeJS.Platform;
  readonly host: HostThread;
  readonly windows: Windows;
  readonly preferences: PreferenceStore;
  readonly log: ShellLog;
  readonly say: (phrase: Phrase) => string;
  /** Whether there is a tray to go on in. */
  readonly hasTray: () => boolean;
  /** Takes everything down that would outlive the windows. */
  readonly dispose: () => Promise<void>;
  /** Ends the process where a thread cannot be ended. */
  readonly kill: () => void;
  /** How often it is looked whether a run is still logging while no window is open. */
  readonly lookMs?: number | undefined;
}

export interface Leaving {
  /** Quits; asks first where a run is logging. `last` is done when the host has stopped, and only if it comes to that. */
  quit(last?: () => Promise<void>): void;
  /** Quits without a question: the system, or a signal, has decided. */
  quitNow(): Promise<void>;
}

const LOOK_MS = 30_000;
const ANSWER_MS = 2_000;
const NAMED = 5;

const phrases = {
  live: {
    en: "A run is still logging. Quit Outpost?",
    ko: "실행이 아직 기록 중입니다. Outpost를 종료하시겠습니까?",
    ja: "実行がまだ記録中です。Outpost を終了しますか?",
  },
  liveDetail: {
    en: "While Outpost is not running, what a script logs is lost or makes it fail:",
    ko: "Outpost가 실행되지 않는 동안 스크립트가 기록하는 내용은 손실되거나 스크립트가 실패합니다:",
    ja: "Outpost が動いていない間にスクリプトが記録する内容は失われるか、スクリプトが失敗します:",
  },
  more: { en: "and more", ko: "외 다수", ja: "ほか" },
  stay: { en: "Keep running", ko: "계속 실행", ja: "実行を続ける" },
  quit: { en: "Quit", ko: "종료", ja: "終了" },
  background: {
    en: "Outpost goes on without a window while a run is logging.",
    ko: "실행이 기록 중인 동안 Outpost는 창 없이 계속 실행됩니다.",
    ja: "実行が記録している間、Outpost はウィンドウなしで動作を続けます。",
  },
  backgroundDetail: {
    en: "It quits by itself when no run has logged for a while. Start it again to open the window. This is said only once.",
    ko: "한동안 기록하는 실행이 없으면 자동으로 종료됩니다. 창을 열려면 다시 시작하십시오. 이 안내는 한 번만 표시됩니다.",
    ja: "しばらく記録する実行がなければ自動的に終了します。ウィンドウを開くにはもう一度起動してください。この案内は一度だけ表示されます。",
  },
  open: { en: "Open the window", ko: "창 열기", ja: "ウィンドウを開く" },
} as const satisfies Record<string, Phrase>;

export const createLeaving = (deps: LeavingDeps): Leaving => {
  const { electron, host, windows, preferences, log, say, lookMs = LOOK_MS } = deps;
  const { app, dialog, powerMonitor } = electron;
  let phase: "here" | "asking" | "leaving" | "gone" = "here";
  let look: NodeJS.Timeout | undefined;

  /** What is logging. A host that does not answer, or is another process's, loses nothing by our end. */
  const liveRuns = async (): Promise<LiveRuns> => {
    const { state } = host;
    if (state.phase !== "running" || !state.ours) return { runs: [] };
    try {
      return await host.call(getLiveRuns, {}, AbortSignal.timeout(ANSWER_MS));
    } catch (error) {
      log.warn("the host did not say what is logging", { reason: String(error) });
      return { runs: [] };
    }
  };

  const mayLeave = async (): Promise<boolean> => {
    const { runs } = await liveRuns();
    if (runs.length === 0) return true;
    const names = runs.slice(0, NAMED).map(({ run_name, experiment_name }) => `${run_name} (${experiment_name})`);
    const window = windows.current();
    const question = {
      type: "question" as const,
      message: say(phrases.live),
      detail: [say(phrases.liveDetail), ...names, ...(runs.length > NAMED ? [say(phrases.more)] : [])].join("\n"),
      buttons: [say(phrases.stay), say(phrases.quit)],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    };
    const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
    return response === 1;
  };

  const end = async (last: () => Promise<void>): Promise<void> => {
    if (phase === "leaving" || phase === "gone") return;
    phase = "leaving";
    clearTimeout(look);
    await deps.dispose();
    const inOrder = await host.stop();
    await last().catch((error: unknown) => log.error("what was to be done last failed", { error: String(error) }));
    phase = "gone";
    if (!inOrder) return deps.kill(); // the process would wait for a thread that cannot be stopped
    app.exit(0);
  };
  const quitNow = (): Promise<void> => end(() => Promise.resolve());

  const leave = async (last?: () => Promise<void>): Promise<void> => {
    if (phase !== "here") return;
    phase = "asking";
    const may = await mayLeave();
    phase = "here";
    if (may) await (last ? end(last) : quitNow());
    else if (windows.all().length === 0) stayWhileLogging(0);
  };

  app.on("before-quit", (event) => {
    if (phase === "gone") return;
    event.preventDefault();
    void leave();
  });
  powerMonitor.on("shutdown", () => void quitNow()); // the system waits a moment, and for no answer of a person

  /** Without a window, for as long as a run is logging. Two looks without one: a script may rest between two runs. */
  const stayWhileLogging = (quietLooks: number): void => {
    look = setTimeout(() => {
      void liveRuns().then(({ runs }) => {
        if (phase !== "here" || windows.all().length > 0) return;
        const quiet = runs.length > 0 ? 0 : quietLooks + 1;
        if (quiet >= 2) void quitNow();
        else stayWhileLogging(quiet);
      });
    }, lookMs);
  };

  const sayOnce = async (): Promise<void> => {
    if (!preferences.firstTime("background")) return;
    const { response } = await dialog.showMessageBox({
      type: "info",
      message: say(phrases.background),
      detail: say(phrases.backgroundDetail),
      buttons: [say(buttons.ok), say(phrases.open)],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    });
    if (response === 1 && phase === "here") windows.show();
  };

  const onNoWindows = async (): Promise<void> => {
    clearTimeout(look);
    if (deps.platform === "darwin") return; // an app stays there without windows
    if (deps.hasTray() && preferences.all.keep_in_tray) return;
    const { runs } = await liveRuns();
    if (phase !== "here" || windows.all().length > 0) return;
    if (runs.length === 0) return quitNow();
    log.info("goes on without a window", { runs: runs.length });
    stayWhileLogging(0);
    await sayOnce();
  };
  app.on("window-all-closed", () => {
    if (phase === "here") void onNoWindows();
  });

  return { quit: (last) => void leave(last), quitNow };
};
