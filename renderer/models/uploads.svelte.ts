/**
 * Uploads into model versions. They go on when their page is left; each file has its own progress and its own failure,
 * the whole is an entry of Activity that can be paused and cancelled.
 */
import type { Call } from "../../shared/api/client.ts";
import { openVersionFiles } from "../../shared/api/outpost/version-files.ts";
import { m } from "../i18n/messages.ts";
import { activity, type Activity } from "../lib/activity.svelte.ts";
import { formatCount } from "../lib/format.ts";
import { links, proxyHref } from "../lib/links.ts";
import { targetPath, type Chosen } from "./dropped.ts";

export type UploadState = "waiting" | "running" | "done" | "failed" | "cancelled";

/** One file on its way. */
export class Upload {
  readonly path: string;
  readonly file: File;
  state = $state<UploadState>("waiting");
  sent = $state(0); // bytes
  error = $state<string>();

  constructor(path: string, file: File) {
    this.path = path;
    this.file = file;
  }
}

const AT_ONCE = 2;

const messageOf = (request: XMLHttpRequest): string => {
  try {
    const body: unknown = JSON.parse(request.responseText);
    if (typeof body === "object" && body !== null && "message" in body) return String(body.message);
  } catch {
    // not JSON: the status has to do
  }
  return request.status === 0 ? m.models_upload_broken() : `${request.status} ${request.statusText}`;
};

/** Sends one file; fetch cannot tell how far an upload is. */
const send = (address: string, { file }: Upload, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    const over = (act: () => void) => (): void => {
      signal.removeEventListener("abort", stop);
      act();
    };
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = over(() =>
      request.status >= 200 && request.status < 300 ? resolve() : reject(new Error(messageOf(request))),
    );
    request.onerror = over(() => reject(new Error(m.models_upload_broken())));
    request.onabort = over(() => reject(new DOMException("Aborted", "AbortError")));
    signal.addEventListener("abort", stop);
    request.open("PUT", address);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  });

/** The uploads into one version, as its page lists them. */
export class Uploads {
  readonly #name: string;
  readonly #version: string;
  items = $state.raw<readonly Upload[]>([]);
  job = $state.raw<Activity>();

  constructor(name: string, version: string) {
    this.#name = name;
    this.#version = version;
  }

  get running(): boolean {
    return this.job !== undefined && !this.job.isOver;
  }

  /** Adds files and sends all that waits. What cannot be stored under its name is said at its line. */
  add(call: Call, files: readonly Chosen[], folder: string): void {
    const added = files.map(({ path, file }) => {
      try {
        return new Upload(targetPath(folder, path), file);
      } catch (error) {
        const refused = new Upload(path, file);
        refused.state = "failed";
        refused.error = error instanceof Error ? error.message : String(error);
        return refused;
      }
    });
    const replaced = new Set(added.map(({ path }) => path));
    this.items = [...this.items.filter(({ path, state }) => state === "running" || !replaced.has(path)), ...added];
    this.#run(call);
  }

  /** Sends again what failed or was cancelled. */
  retry(call: Call): void {
    for (const item of this.items)
      if (item.state === "failed" || item.state === "cancelled") {
        item.state = "waiting";
        item.sent = 0;
        item.error = undefined;
      }
    this.#run(call);
  }

  clear(): void {
    if (!this.running) this.items = [];
  }

  #run(call: Call): void {
    if (this.running || this.items.every(({ state }) => state !== "waiting")) return;
    const job = activity.start({
      title: m.models_uploading({ name: `${this.#name} v${this.#version}` }),
      unit: "bytes",
      cancel: true,
      pause: true,
    });
    this.job = job;
    void this.#work(call, job).catch((error: unknown) => {
      for (const item of this.items)
        if (item.state === "waiting") item.state = job.signal.aborted ? "cancelled" : "failed";
      job.fail(error);
    });
  }

  async #work(call: Call, job: Activity): Promise<void> {
    const { root } = await call(openVersionFiles, { name: this.#name, version: this.#version }, job.signal);
    const next = (): Upload | undefined => this.items.find(({ state }) => state === "waiting");
    const worker = async (): Promise<void> => {
      for (let item = next(); item !== undefined; item = next()) {
        await job.whenRunning();
        if (job.signal.aborted) item.state = "cancelled";
        else if (item.state === "waiting") await this.#send(root, item, job); // the other worker may have taken it
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const failed = this.items.filter(({ state }) => state === "failed");
    const done = this.items.filter(({ state }) => state === "done").length;
    if (failed.length > 0)
      job.fail(new Error(m.models_upload_failed({ n: formatCount(failed.length), first: failed[0]?.error ?? "" })));
    else
      job.done({
        text: m.common_count_files({ count: done, n: formatCount(done) }),
        href: links.version(this.#name, this.#version),
      });
  }

  async #send(root: string, item: Upload, job: Activity): Promise<void> {
    const tell = (sent: number): void => {
      item.sent = sent;
      const sum = (of: (item: Upload) => number): number => this.items.reduce((all, one) => all + of(one), 0);
      job.progress(
        sum((one) => one.sent),
        sum((one) => one.file.size),
      );
    };
    item.state = "running";
    try {
      await send(proxyHref(root, item.path), item, tell, job.signal);
      item.state = "done";
      tell(item.file.size);
      job.log(item.path);
    } catch (error) {
      item.state = job.signal.aborted ? "cancelled" : "failed";
      item.error = error instanceof Error ? error.message : String(error);
      if (item.state === "failed") job.log(`${item.path}: ${item.error}`);
      tell(0);
    }
  }
}

const known = new Map<string, Uploads>();

/** The uploads into a version: the same ones whenever its page is shown. */
export const uploadsOf = (name: string, version: string): Uploads => {
  const key = `${name}/${version}`;
  const one = known.get(key) ?? new Uploads(name, version);
  known.set(key, one);
  return one;
};
