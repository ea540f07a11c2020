/** The interface's texts, a typed function each; compiled by `build/i18n.ts` from `messages/`. */
import * as m from "./compiled/messages/_index.js";

export { m };
