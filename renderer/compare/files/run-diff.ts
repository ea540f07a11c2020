import type { DiffAnswer, DiffQuestion } from "./diff-job.ts";

/** Compares two texts in a thread of its own; a signal ends it at once. */
export const runDiff = (question: DiffQuestion, signal: AbortSignal): Promise<DiffAnswer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./diff-worker.ts", import.meta.url), { type: "module" });
    const end = (act: () => void): void => {
      worker.terminate();
      act();
    };
    signal.addEventListener("abort", () => end(() => reject(new DOMException("No longer wanted", "AbortError"))));
    worker.onmessage = ({ data }: MessageEvent<DiffAnswer>) => end(() => resolve(data));
    worker.onerror = ({ message }) => end(() => reject(new Error(message)));
    worker.postMessage(question);
  });
