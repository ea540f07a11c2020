/** A small JSON file of the shell, read once and written whole, never by the main thread's waiting for the disk. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface JsonFile {
  /** What is in the file; `undefined` where there is none, or it is damaged. */
  load(): Promise<unknown>;
  /** Writes soon; a later value replaces one that waits. */
  save(value: unknown): void;
  /** Resolves when all that was saved is in the file. */
  flush(): Promise<void>;
}

export const createJsonFile = (path: string, onError: (error: unknown) => void): JsonFile => {
  let waiting: { readonly value: unknown } | undefined;
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    while (waiting) {
      const { value } = waiting;
      waiting = undefined;
      const temporary = `${path}.${process.pid}.tmp`;
      await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
      await rename(temporary, path);
    }
  };

  const start = (): Promise<void> => {
    writing ??= write()
      .catch(onError) // the window's place and choices: worth a line in the log, no more
      .finally(() => (writing = undefined));
    return writing;
  };

  return {
    load: async () => {
      try {
        const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
        return parsed;
      } catch {
        return undefined; // the first start, or a file that somebody damaged: defaults are fine for what is in it
      }
    },
    save: (value) => {
      waiting = { value };
      void start();
    },
    flush: () => (waiting ? start() : (writing ?? Promise.resolve())),
  };
};
