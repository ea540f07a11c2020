/** The bridge that the preload exposes as `window.outpost`: in the desktop app's own window only, absent in a browser. */
import type { Signals } from "./signals.ts";
import type { AnswerOf, AskOf, VerbName } from "./verbs.ts";

type Asks = {
  readonly [Name in VerbName]: undefined extends AskOf<Name>
    ? () => Promise<AnswerOf<Name>>
    : (input: AskOf<Name>) => Promise<AnswerOf<Name>>;
};

export interface Bridge extends Asks {
  /** Calls `listener` with each signal of that name; returns how to stop. */
  on<Name extends keyof Signals>(name: Name, listener: (value: Signals[Name]) => void): () => void;
  /** Where a dropped or chosen file lies on this machine; "" for one that lies nowhere. */
  pathForFile(file: File): string;
}

declare global {
  interface Window {
    readonly outpost?: Bridge;
  }
}
