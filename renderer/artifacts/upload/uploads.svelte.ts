import { ApiError } from "../../../shared/api/client.ts";
import { m } from "../../i18n/messages.ts";
import { activity, type Activity } from "../../lib/activity.svelte.ts";
import { formatCount } from "../../lib/format.ts";
import { proxyHref } from "../../lib/links.ts";
import type { Planned } from "./plan.ts";

export type UploadState = "waiting" | "sending" | "done" | "failed" | "cancelled";

/** One file on its way. */
export class Upload {
  readonly path: string;
  readonly file: File;
  state = $state<UploadState>("waiting");
  sent = $state(0); // bytes
  error = $state.raw<Error>();
  request: XMLHttpRequest | undefined;

  constructor({ path, file }: Planned) {
    this.path = path;
    this.file = file;
  }
}

const AT_ONCE = 3;

const failureOf = (request: XMLHttpRequest): Error => {
  if (request.status === 0) return new ApiError("UNREACHABLE", m.artifacts_connection_lost(), 0);
  try {
    const body: unknown = JSON.parse(request.responseText);
    if (typeof body === "object" && body !== null && "message" in body && typeof body.message === "string")
      return new ApiError("error_code" in body ? String(body.error_code) : "UNKNOWN", body.message, request.status);
  } catch {
    // not JSON: the status is what there is to say
  }
  return new ApiError("UNKNOWN", `The server answered ${request.status}`, request.status);
};

/** Sends one file. Its connection tells how far it is, which fetch cannot. */
const send = (root: string, upload: Upload, onprogress: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("PUT", proxyHref(root, upload.path));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded }) => {
      upload.sent = loaded;
      onprogress();
    };
    request.onload = () => (request.status === 200 ? resolve() : reject(failureOf(request)));
    request.onerror = () => reject(failureOf(request));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.send(upload.file);
  });

/** The uploads into one artifact root: a few at a time, each with its progress; what failed can be tried again. */
export class Uploads {
  all = $state.raw<readonly Upload[]>([]);
  readonly #root: string;
  readonly #title: string;
  readonly #onstored: () => void;

  constructor(root: string, title: string, onstored: () => void) {
    this.#root = root;
    this.#title = title;
    this.#onstored = onstored;
  }

  get failed(): readonly Upload[] {
    return this.all.filter(({ state }) => state === "failed" || state === "cancelled");
  }
  get isRunning(): boolean {
    return this.all.some(({ state }) => state === "waiting" || state === "sending");
  }

  start(files: readonly Planned[]): Promise<void> {
    const added = files.map((file) => new Upload(file));
    this.all = [...this.all.filter(({ state }) => state !== "done"), ...added];
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
    if (upload.state !== "waiting" && upload.state !== "sending") return;
    upload.state = "cancelled";
    upload.request?.abort();
  }

  clear(): void {
    this.all = this.all.filter(({ state }) => state === "waiting" || state === "sending");
  }

  async #run(uploads: readonly Upload[]): Promise<void> {
    const total = uploads.reduce((sum, { file }) => sum + file.size, 0);
    const job = activity.start({ title: this.#title, total, unit: "bytes", cancel: true, pause: true });
    const cancelAll = (): void => uploads.forEach((upload) => this.cancel(upload));
    job.signal.addEventListener("abort", cancelAll);
    const tell = (): void => job.progress(uploads.reduce((sum, { sent }) => sum + sent, 0));
    const queue = [...uploads];
    const work = async (): Promise<void> => {
      for (let upload = queue.shift(); upload; upload = queue.shift()) {
        await job.whenRunning();
        if (upload.state === "waiting") await this.#sendOne(upload, job, tell);
        this.#onstored();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    job.signal.removeEventListener("abort", cancelAll);
    const failed = uploads.filter(({ state }) => state === "failed");
    const done = uploads.filter(({ state }) => state === "done").length;
    if (failed.length > 0)
      job.fail(new Error(m.artifacts_uploads_failed({ count: failed.length, n: formatCount(failed.length) })));
    else job.done({ text: m.artifacts_uploads_done({ count: done, n: formatCount(done) }) });
  }

  async #sendOne(upload: Upload, job: Activity, tell: () => void): Promise<void> {
    upload.state = "sending";
    try {
      await send(this.#root, upload, tell);
      upload.state = "done";
      upload.sent = upload.file.size;
      tell();
    } catch (error) {
      if (upload.state !== "sending") return; // cancelled
      upload.state = "failed";
      upload.error = error instanceof Error ? error : new Error(String(error));
      job.log(`${upload.path}: ${upload.error.message}`);
    } finally {
      upload.request = undefined;
    }
  }
}
