/** The shell's features, in the order of their start. Each is one function of the context. */
import { background } from "./background.ts";
import type { Feature } from "./context.ts";
import { deepLinks } from "./deep-link.ts";
import { loginItem } from "./login-item.ts";
import { menu } from "./menu.ts";
import { print } from "./print.ts";
import { secrets } from "./secrets.ts";
import { showInFolder } from "./show-in-folder.ts";

export const features: readonly Feature[] = [menu, background, deepLinks, loginItem, print, showInFolder, secrets];
