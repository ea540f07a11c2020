/** What is there without a window: the tray and the notifications, fed by one watch of the runs. */
import type { Feature } from "./context.ts";
import { startNotifications } from "./notifications.ts";
import { watchRuns } from "./run-watch.ts";
import { startTray } from "./tray.ts";

export const background: Feature = (context) => {
  const { host, log } = context;
  const watch = watchRuns({
    call: host.call,
    isUp: () => host.state.phase === "running",
    now: () => Date.now(),
    onError: (error) => log.warn("what runs could not be read", { err: error }),
  });
  const stopFollowing = host.onState(() => void watch.look());
  const tray = startTray(context, watch);
  const notifications = startNotifications(context, watch);
  return {
    isTray: () => tray.isTray?.() ?? false,
    dispose: async () => {
      stopFollowing();
      watch.close();
      await notifications.dispose?.();
      await tray.dispose?.();
    },
  };
};
