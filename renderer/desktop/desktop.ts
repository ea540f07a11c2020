/** The desktop app's bridge. In a browser there is none, and what needs it is not shown. */
import type { Bridge } from "../../shared/shell/bridge.ts";

export const desktop = (): Bridge | undefined => window.outpost;
