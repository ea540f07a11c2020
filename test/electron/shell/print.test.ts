import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { print } from "../../../electron/shell/print.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { startFeature } from "./feature.ts";

const PDF = Buffer.from("%PDF-1.7\n");

const setup = (answer: (suggested: string) => { canceled: boolean; filePath: string }) => {
  const downloads = temporaryFolder();
  const suggested: string[] = [];
  const { ask } = startFeature(print, {
    electron: {
      app: { getPath: () => downloads },
      dialog: {
        showSaveDialog: (_window: unknown, { defaultPath }: { defaultPath: string }) => {
          suggested.push(defaultPath);
          return Promise.resolve(answer(defaultPath));
        },
      },
    },
  });
  const printed: object[] = [];
  const window = {
    webContents: {
      printToPDF: (options: object) => {
        printed.push(options);
        return Promise.resolve(PDF);
      },
    },
  };
  return { ask, downloads, suggested, printed, window };
};

test("the page is saved where a person says, under a name made of the page's", async () => {
  const { ask, downloads, suggested, printed, window } = setup((filePath) => ({ canceled: false, filePath }));
  const path = await ask("printToPdf", { name: "../loss: a/b?", landscape: true }, window);
  expect(path).toBe(join(downloads, "loss a b.pdf"));
  expect(suggested).toEqual([path]);
  expect(readFileSync(join(downloads, "loss a b.pdf"))).toEqual(PDF);
  expect(printed).toMatchObject([{ landscape: true, printBackground: true, generateTaggedPDF: true }]);
  expect(readdirSync(downloads)).toEqual(["loss a b.pdf"]);
});

test("a cancel is no error, and nothing is printed", async () => {
  const { ask, downloads, printed, window } = setup(() => ({ canceled: true, filePath: "" }));
  expect(await ask("printToPdf", { name: "run", landscape: false }, window)).toBeUndefined();
  expect(printed).toEqual([]);
  expect(readdirSync(downloads)).toEqual([]);
});

test("a place that cannot be written is named, and what was there stays", async () => {
  const { ask, downloads, window } = setup((filePath) => ({ canceled: false, filePath }));
  mkdirSync(join(downloads, "run.pdf"));
  writeFileSync(join(downloads, "run.pdf", "keep"), "");
  await expect(ask("printToPdf", { name: "run", landscape: false }, window)).rejects.toThrow(
    /run\.pdf cannot be written/,
  );
  expect(existsSync(join(downloads, "run.pdf", "keep"))).toBe(true);
  expect(readdirSync(downloads)).toEqual(["run.pdf"]);
});

test("a window is saved once at a time", async () => {
  const { ask, window } = setup((filePath) => ({ canceled: false, filePath }));
  const first = ask("printToPdf", { name: "run", landscape: false }, window);
  await expect(ask("printToPdf", { name: "run", landscape: false }, window)).rejects.toMatchObject({
    kind: "conflict",
  });
  await first;
  await ask("printToPdf", { name: "run", landscape: false }, window);
});
