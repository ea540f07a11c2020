/** The shell's features, in the order of their start. Each is one function of the context. */
import { background } from "./background.ts";
import type { Feature } from "./context.ts";
import { deepLinks } from "./deep-link.ts";
import { loginItem } from "./login-item.ts";
import { startMenu } from "./menu.ts";
import { print } from "./print.ts";
import { secrets } from "./secrets.ts";
import { showInFolder } from "./show-in-folder.ts";
import { startUpdates } from "./update/updates.ts";

/** The menu has an item of the updates'. */
const menuAndUpdates: Feature = (context) => {
  const updates = startUpdates(context);
  const menu = startMenu(context, () => void updates.fromMenu());
  return {
    dispose: async () => {
      await menu.dispose?.();
      updates.dispose();
    },
  };
};

export const features: readonly Feature[] = [
  menuAndUpdates,
  background,
  deepLinks,
  loginItem,
  print,
  showInFolder,
  secrets,
];
