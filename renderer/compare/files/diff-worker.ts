/** A thread of its own: two large files take a while, and the page goes on meanwhile. */
import { compareTexts, type DiffQuestion } from "./diff-job.ts";

self.onmessage = ({ data }: MessageEvent<DiffQuestion>): void => {
  self.postMessage(compareTexts(data));
};
