/**
 * Uploads go on when their page is left, and are shown again when one comes back. Each file has its own progress and its
 * own failure; a batch is an entry of Activity that can be paused and cancelled.
 */
import { SvelteMap } from "svelte/reactivity";
import { m } from "../../i18n/messages.ts";
import { activity, type Activity } from "../../lib/activity.svelte.ts";
import { formatCount } from "../../lib/format.ts";
import { proxyHref } from "../../lib/links.ts";
import type { UploadTarget } from "../source.ts";
import type { Planned } from "./plan.ts";
import { sendFile } from "./send.ts";

export type UploadState = "waiting" | "sending" | "done" | "failed" | "cancelled";

/** One file on its way. */
export class Upload {
  readonly path: string;
  readonly file: File;
  state = $state<UploadState>("waiting");
  sent = $state(0); // bytes
  error = $state.raw<Error>();
  sending: AbortController | undefined;

  constructor({ path, file }: Planned) {
    this.path = path;
    this.file = file;
  }

  fail(error: unknown): Error {
    this.state = "failed";
    return (this.error = error instanceof Error ? error : new Error(String(error)));
  }
}

const AT_ONCE = 3;
const isOnTheWay = ({ state }: Upload): boolean => state === "waiting" || state === "sending";

/** The uploads to one place: a few at a time; what failed can be tried again. */
export class Uploads {
  all = $state.raw<readonly Upload[]>([]);
  /** Files that have arrived, ever: lists are read again when it grows. */
  stored = $state(0);
  readonly #target: UploadTarget;
  readonly #title: string;

  constructor(target: UploadTarget, title: string) {
    this.#target = target;
    this.#title = title;
  }

  get failed(): readonly Upload[] {
    return this.all.filter(({ state }) => state === "failed" || state === "cancelled");
  }
  get isRunning(): boolean {
    return this.all.some(isOnTheWay);
  }

  start(files: readonly Planned[]): Promise<void> {
    const added = files.map((file) => new Upload(file));
    const again = new Set(added.map(({ path }) => path));
    const kept = this.all.filter((one) => isOnTheWay(one) || (one.state !== "done" && !again.has(one.path)));
    this.all = [...kept, ...added];
    return this.#run(added);
  }

  retry(uploads: readonly Upload[]): Promise<void> {
    for (const upload of uploads) {
      upload.state = "waiting";
      upload.sent = 0;
      upload.error = undefined;
    }
    return this.#run(uploads);
  }

  cancel(upload: Upload): void {
    if (!isOnTheWay(upload)) return;
    upload.state = "cancelled";
    upload.sending?.abort();
  }

  clear(): void {
    this.all = this.all.filter(isOnTheWay);
  }

  async #run(uploads: readonly Upload[]): Promise<void> {
    const total = uploads.reduce((sum, { file }) => sum + file.size, 0);
    const title = m.artifacts_uploading_to({ title: this.#title });
    const job = activity.start({ title, total, unit: "bytes", cancel: true, pause: true });
    const cancelAll = (): void => uploads.forEach((upload) => this.cancel(upload));
    job.signal.addEventListener("abort", cancelAll);
    try {
      await this.#sendAll(uploads, job);
    } catch (error) {
      for (const upload of uploads) if (upload.state === "waiting") upload.fail(error);
    }
    job.signal.removeEventListener("abort", cancelAll);
    const failed = uploads.filter(({ state }) => state === "failed");
    const done = uploads.filter(({ state }) => state === "done").length;
    if (failed.length > 0)
      job.fail(new Error(m.artifacts_uploads_failed({ count: failed.length, n: formatCount(failed.length) })));
    else
      job.done({
        text: m.artifacts_uploads_done({ count: done, n: formatCount(done) }),
        href: this.#target.hrefOf(""),
      });
  }

  async #sendAll(uploads: readonly Upload[], job: Activity): Promise<void> {
    const root = await this.#target.open(job.signal);
    const tell = (): void => job.progress(uploads.reduce((sum, { sent }) => sum + sent, 0));
    const queue = [...uploads];
    const work = async (): Promise<void> => {
      for (let upload = queue.shift(); upload; upload = queue.shift()) {
        await job.whenRunning();
        if (upload.state === "waiting") await this.#sendOne(root, upload, job, tell);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #sendOne(root: string, upload: Upload, job: Activity, tell: () => void): Promise<void> {
    const sending = (upload.sending = new AbortController());
    const onsent = (bytes: number): void => {
      upload.sent = bytes;
      tell();
    };
    upload.state = "sending";
    try {
      await sendFile(proxyHref(root, upload.path), upload.file, onsent, sending.signal);
      upload.state = "done";
      this.stored += 1;
      onsent(upload.file.size);
    } catch (error) {
      if (upload.state !== "sending") return; // cancelled
      job.log(`${upload.path}: ${upload.fail(error).message}`);
    } finally {
      upload.sending = undefined;
    }
  }
}

const known = new SvelteMap<string, Uploads>();

/** What is or was uploaded to a place since the page was loaded. */
export const uploadsAt = (place: string): Uploads | undefined => known.get(place);

/** The uploads to a place: the same ones each time. `title` names it in Activity. */
export const uploadsTo = (target: UploadTarget, title: string): Uploads => {
  const uploads = known.get(target.place) ?? new Uploads(target, title);
  known.set(target.place, uploads);
  return uploads;
};
