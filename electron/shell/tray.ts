/** The tray: what runs, where the host answers, start, stop and quit, without a window. */
import { fileURLToPath } from "node:url";
import type { MenuItemConstructorOptions } from "electron/main";
import type { RecentRun } from "../../shared/api/outpost/runs.ts";
import type { HostState } from "../../shared/shell/signals.ts";
import type { ShellContext, Started } from "./context.ts";
import { menuLabel, runRoute } from "./label.ts";
import type { Phrase } from "./phrases.ts";
import type { RunWatch } from "./run-watch.ts";
import { words } from "./words.ts";

/** Beside the bundle, drawn by the build. macOS colours its own; the name's ending says so to Electron. */
const iconFor = (platform: NodeJS.Platform): string =>
  fileURLToPath(new URL(platform === "darwin" ? "./icons/trayTemplate.png" : "./icons/tray.png", import.meta.url));
const MOST_RUNS = 10;

export interface TrayFacts {
  readonly host: HostState;
  readonly running: readonly RecentRun[];
}

export interface TrayActs {
  readonly show: (route?: string) => void;
  readonly copy: (text: string) => void;
  readonly startHost: () => void;
  readonly stopHost: () => void;
  readonly quit: () => void;
}

type Items = MenuItemConstructorOptions[];
const separator: MenuItemConstructorOptions = { type: "separator" };

const runItems = ({ running }: TrayFacts, { show }: TrayActs, say: (phrase: Phrase) => string): Items => {
  const listed = running.slice(0, MOST_RUNS);
  const items: Items = listed.map((run) => ({
    label: menuLabel(`${run.run_name} · ${run.experiment_name}`),
    click: () => show(runRoute(run)),
  }));
  const more = running.length - listed.length;
  if (more > 0) items.push({ label: say(words.moreRuns(more)), click: () => show("/") });
  return [{ label: say(running.length === 0 ? words.noRuns : words.runs(running.length)), enabled: false }, ...items];
};

const hostItems = ({ host }: TrayFacts, acts: TrayActs, say: (phrase: Phrase) => string): Items => {
  switch (host.phase) {
    case "running":
      return [
        { label: say(words.listening(host.url)), enabled: false },
        { label: say(words.copyAddress), click: () => acts.copy(host.url) },
        ...(host.ours ? [{ label: say(words.stopHost), click: acts.stopHost }] : []),
      ];
    case "starting":
      return [{ label: say(words.hostStarting), enabled: false }];
    case "restarting":
      return [{ label: say(words.hostRestarting), enabled: false }];
    case "stopped":
      return [
        { label: say(words.hostStopped), enabled: false },
        { label: say(words.startHost), click: acts.startHost },
      ];
    case "failed":
      return [
        { label: say(words.hostFailed), enabled: false },
        { label: say(words.startHost), click: acts.startHost },
      ];
  }
};

/** The tray's menu. */
export const trayItems = (facts: TrayFacts, acts: TrayActs, say: (phrase: Phrase) => string): Items => [
  { label: say(words.open), click: () => acts.show() },
  separator,
  ...(facts.host.phase === "running" ? [...runItems(facts, acts, say), separator] : []),
  ...hostItems(facts, acts, say),
  separator,
  { label: say(words.quit), click: acts.quit },
];

/** One line for a pointer that rests on the icon. */
export const trayTip = ({ host, running }: TrayFacts, say: (phrase: Phrase) => string): string =>
  host.phase !== "running"
    ? "Outpost"
    : `Outpost · ${host.url.replace("http://", "")} · ${say(running.length === 0 ? words.noRuns : words.runs(running.length))}`;

/** Puts the icon there and keeps its menu true. */
export const startTray = (context: ShellContext, watch: RunWatch): Started => {
  const { electron, host, windows, preferences, platform, log } = context;
  const icon = iconFor(platform);
  const image = electron.nativeImage.createFromPath(icon);
  if (image.isEmpty()) log.warn("the tray's icon is not there; the tray has an empty one", { path: icon });
  if (platform === "darwin") image.setTemplateImage(true);
  const tray = new electron.Tray(image);
  const say = (phrase: Phrase): string => context.say(phrase);
  const failed = (what: string) => (error: unknown) => log.error(what, { err: error });
  const copy = async (text: string): Promise<void> => electron.clipboard.writeText(text);
  const acts: TrayActs = {
    show: (route) => void windows.show(route),
    copy: (text) => void copy(text).catch(failed("the address could not be copied")),
    startHost: () => void host.start().catch(failed("the host could not be started")),
    stopHost: () => void host.stop().catch(failed("the host could not be stopped")),
    quit: () => context.quit(),
  };
  let shown = "";
  const update = (): void => {
    const facts = { host: host.state, running: watch.running };
    const items = trayItems(facts, acts, say);
    const wanted = JSON.stringify([trayTip(facts, say), items]);
    if (wanted === shown) return; // a menu that is open stays as it is
    shown = wanted;
    tray.setToolTip(trayTip(facts, say));
    tray.setContextMenu(electron.Menu.buildFromTemplate(items));
  };
  if (platform !== "darwin") tray.on("click", () => acts.show());
  const stops = [host.onState(update), watch.onRunning(update), preferences.onChange(update)];
  update();
  return {
    isTray: () => !image.isEmpty(),
    dispose: () => {
      for (const stop of stops) stop();
      tray.destroy();
    },
  };
};
