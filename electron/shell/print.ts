/** The present page as a PDF, in a place that a person chooses. */
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import type { Feature, ShellWindow } from "./context.ts";
import { fileName } from "./file-name.ts";
import { replaceFile } from "./keep-file.ts";
import { words } from "./words.ts";

/** What a written file may answer when it cannot be written, in words. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const print: Feature = (context) => {
  const { electron, ipc } = context;
  const busy = new WeakSet<ShellWindow>();

  const save = async (window: ShellWindow, name: string, landscape: boolean): Promise<string | undefined> => {
    const { canceled, filePath } = await electron.dialog.showSaveDialog(window, {
      title: context.say(words.pdfTitle),
      defaultPath: join(electron.app.getPath("downloads"), `${fileName(name)}.pdf`),
      filters: [{ name: context.say(words.pdfType), extensions: ["pdf"] }],
      properties: ["createDirectory", "showOverwriteConfirmation"],
    });
    if (canceled || filePath === "") return undefined;
    const bytes = await window.webContents.printToPDF({
      pageSize: "A4",
      landscape,
      printBackground: true,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
    });
    try {
      await replaceFile(filePath, bytes);
    } catch (cause) {
      throw new DomainError("unavailable", `${filePath} cannot be written: ${reasonOf(cause)}`, { cause });
    }
    return filePath;
  };

  ipc.handle("printToPdf", async ({ name, landscape }, { window }) => {
    if (busy.has(window)) throw new DomainError("conflict", "This window is being saved as a PDF already");
    busy.add(window);
    try {
      return await save(window, name, landscape);
    } finally {
      busy.delete(window);
    }
  });
  return {};
};
