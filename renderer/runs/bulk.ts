/** What is done to many runs: one call after the other, up to 500 runs each, with progress, a way to stop, and undo. */
import type { Call } from "../../shared/api/client.ts";
import { actOnRuns, type ExportFormat, exportRunsPath, type RunAction } from "../../shared/api/outpost/run-actions.ts";
import { countRuns } from "../../shared/api/outpost/run-groups.ts";
import { m } from "../i18n/messages.ts";
import { activity } from "../lib/activity.svelte.ts";
import { formatCount } from "../lib/format.ts";

export interface RunMatch {
  readonly filter: string;
  readonly view_type: "ACTIVE_ONLY" | "DELETED_ONLY";
}

/** The runs that are meant: by id, or all that matched when they were counted. */
export type Target =
  | { readonly ids: readonly string[]; readonly count: number }
  | { readonly match: RunMatch; readonly count: number; readonly token: string };

export interface Act {
  readonly action: RunAction;
  readonly title: string;
  readonly key?: string;
  readonly value?: string;
  readonly to_experiment_id?: string;
}

export interface Done {
  /** Runs that changed. */
  readonly ids: readonly string[];
  /** Whether it came to its end: neither cancelled nor failed. */
  readonly whole: boolean;
  /** The entry of the trash that holds the tags it took away. */
  readonly trashId: string | undefined;
}

const BATCH = 500;

/** Counts what matches now, for the question and for the call. */
export const targetOf = async (
  call: Call,
  experimentId: string,
  chosen: { readonly ids: readonly string[] } | { readonly match: RunMatch },
): Promise<Target> => {
  if ("ids" in chosen) return { ids: chosen.ids, count: chosen.ids.length };
  const { count, page_token } = await call(countRuns, { experiment_id: experimentId, ...chosen.match });
  return { match: chosen.match, count, token: page_token };
};

type Step = { readonly run_ids: readonly string[] } | { readonly page_token: string };

/** Does it to all of `target`. What was done stays done when it fails or is cancelled; Activity has the reason. */
export const actOn = async (call: Call, experimentId: string, target: Target, act: Act): Promise<Done> => {
  const { title, ...what } = act;
  const job = activity.start({ title, total: target.count, cancel: true });
  const changed: string[] = [];
  let trashId: string | undefined;
  const firstStep = (): Step | undefined =>
    "ids" in target ? { run_ids: target.ids.slice(0, BATCH) } : { page_token: target.token };
  let [step, done] = [target.count > 0 ? firstStep() : undefined, 0];
  try {
    while (step) {
      const answer = await call(
        actOnRuns,
        {
          experiment_id: experimentId,
          ...what,
          ...("match" in target ? target.match : {}),
          ...("run_ids" in step ? { run_ids: [...step.run_ids] } : step),
          ...(trashId !== undefined && { trash_id: trashId }),
        },
        job.signal,
      );
      changed.push(...answer.run_ids);
      trashId = answer.trash_id;
      done += "run_ids" in step ? step.run_ids.length : BATCH;
      job.progress(Math.min(done, target.count));
      if ("ids" in target)
        step = done < target.ids.length ? { run_ids: target.ids.slice(done, done + BATCH) } : undefined;
      else step = answer.next_page_token === undefined ? undefined : { page_token: answer.next_page_token };
    }
    job.done({ text: m.runs_changed({ count: changed.length, n: formatCount(changed.length) }) });
    return { ids: changed, whole: true, trashId };
  } catch (error) {
    if (job.state === "cancelled") return { ids: changed, whole: false, trashId };
    job.fail(error);
    throw error;
  }
};

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly orderBy: readonly string[];
  /** Keys to write; undefined: all. */
  readonly keys: { readonly metrics: string[]; readonly params: string[]; readonly tags: string[] } | undefined;
  readonly name: string; // of the file, without its ending
}

/** Reads the file with progress in bytes and gives it to the browser to keep. */
export const exportRuns = async (
  experimentId: string,
  chosen: { readonly ids: readonly string[] } | { readonly match: RunMatch },
  { format, orderBy, keys, name }: ExportOptions,
): Promise<void> => {
  const file = `${name}.${format}`;
  const job = activity.start({ title: m.runs_export_title({ file }), unit: "bytes", cancel: true });
  try {
    const response = await fetch(exportRunsPath(experimentId), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        format,
        order_by: orderBy,
        ...keys,
        ...("ids" in chosen ? { run_ids: chosen.ids } : chosen.match),
      }),
      signal: job.signal,
    });
    if (!response.ok || !response.body) throw new Error(await messageOf(response));
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (const reader = response.body.getReader(); ;) {
      const { value, done } = await reader.read();
      if (done) break;
      pieces.push(value);
      job.progress((size += value.byteLength));
    }
    keep(new Blob(pieces, { type: response.headers.get("content-type") ?? "" }), file);
    job.done({ text: file });
  } catch (error) {
    if (job.state === "cancelled") return;
    job.fail(error);
    throw error;
  }
};

const messageOf = async (response: Response): Promise<string> => {
  const text = await response.text();
  try {
    const raw: unknown = JSON.parse(text);
    if (typeof raw === "object" && raw !== null && "message" in raw) return String(raw.message);
  } catch {
    // not JSON: its text is the best there is
  }
  return text.slice(0, 500);
};

const keep = (blob: Blob, name: string): void => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

/** A file name of what a person called something. */
export const fileNameOf = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 80) || "runs";
