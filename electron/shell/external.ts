/** Links that leave the app: only to https, only after a person has seen where to. */
import type { ElectronMain, ShellWindow } from "./context.ts";
import { buttons, type Phrase } from "./phrases.ts";

const phrases = {
  question: {
    en: "Open this address in the browser?",
    ko: "이 주소를 브라우저에서 여시겠습니까?",
    ja: "このアドレスをブラウザーで開きますか?",
  },
  open: { en: "Open", ko: "열기", ja: "開く" },
} as const satisfies Record<string, Phrase>;

const MOST_SHOWN = 400;

/** The address as the browser gets it, or nothing where it is not one that may be opened. */
export const outsideAddress = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  // A name before @ is there to make another host look like the one it is not.
  return parsed.protocol === "https:" && parsed.username === "" && parsed.password === "" ? parsed.href : undefined;
};

/** Asks, and opens the address. False where it was not opened. */
export const createOpenExternal =
  ({ electron, say }: { electron: Pick<ElectronMain, "dialog" | "shell">; say: (phrase: Phrase) => string }) =>
  async (url: string, window: ShellWindow | undefined): Promise<boolean> => {
    const address = outsideAddress(url);
    if (address === undefined) return false;
    const question = {
      type: "question" as const,
      message: say(phrases.question),
      detail: address.length > MOST_SHOWN ? `${address.slice(0, MOST_SHOWN)}…` : address,
      buttons: [say(phrases.open), say(buttons.cancel)],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    };
    const { dialog, shell } = electron;
    const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
    if (response !== 0) return false;
    await shell.openExternal(address);
    return true;
  };
