/** What the desktop app does with files: artifacts as a folder in the file manager, the page as a PDF. */
import FileText from "@lucide/svelte/icons/file-text";
import type { AskOf } from "../../shared/shell/verbs.ts";
import type { MenuItem } from "../components/menu.ts";
import { m } from "../i18n/messages.ts";
import { activity } from "../lib/activity.svelte.ts";
import { ask } from "../lib/confirm.svelte.ts";
import { formatBytes } from "../lib/format.ts";
import { toasts } from "../lib/toasts.svelte.ts";
import { desktop } from "./desktop.ts";
import { revealAll } from "./reveal.ts";

/** More than this is copied only after a question. */
const MUCH_BYTES = 1e9;
const LONGEST_NAME = 200;

/** Copies the files into a folder of their own and shows it. */
export const showInFolder = async (place: AskOf<"showInFolder">, bytes: number): Promise<void> => {
  const bridge = desktop();
  if (!bridge) return;
  const size = formatBytes(bytes);
  const isMuch = bytes > MUCH_BYTES;
  if (
    isMuch &&
    !(await ask({
      title: m.desktop_copy_question({ size }),
      text: m.desktop_copy_text(),
      action: m.desktop_copy(),
    }))
  )
    return;
  const job = activity.start({ title: m.desktop_showing({ name: place.name }) });
  try {
    const folder = await bridge.showInFolder({ ...place, name: place.name.slice(0, LONGEST_NAME) });
    job.done({ text: folder });
    toasts.say(m.desktop_shown({ folder }));
  } catch (error) {
    fail(job, m.desktop_show_in_folder(), error);
  }
};

const fail = (job: ReturnType<typeof activity.start>, what: string, error: unknown): void => {
  job.fail(error); // stays there with its reason
  toasts.say(`${m.common_could_not({ what })}: ${error instanceof Error ? error.message : String(error)}`);
};

let saving = false;

/** Asks where to, and saves what the window shows. */
export const savePdf = async (): Promise<void> => {
  const bridge = desktop();
  if (!bridge || saving) return;
  saving = true;
  const name = document.title.replace(/ · Outpost$/, "").slice(0, LONGEST_NAME);
  const job = activity.start({ title: m.desktop_saving_pdf({ name }) });
  try {
    await revealAll(document.querySelector("main"), (done, total) => job.progress(done, total));
    const path = await bridge.printToPdf({ name, landscape: false });
    if (path === undefined) return job.cancel();
    job.done({ text: path });
    toasts.say(m.desktop_pdf_saved({ path }));
  } catch (error) {
    fail(job, m.desktop_save_pdf(), error);
  } finally {
    saving = false;
  }
};

/** An item for a page's menu; none in a browser, which prints by itself. */
export const pdfItems = (): MenuItem[] =>
  desktop() ? [{ text: m.desktop_save_pdf(), Icon: FileText, hint: "Ctrl P", onselect: () => void savePdf() }] : [];
