/** What is chosen to make a bundle, and the request that it comes to. */
import type { RequestOf } from "../../shared/api/endpoint.ts";
import type { createBundle } from "../../shared/api/outpost/bundles.ts";

export interface BundleForm {
  what: "all" | "model" | "experiment";
  model: string;
  version: string; // "": all of them
  experiment: string;
  seal: "none" | "passphrase" | "recipient";
  passphrase: string;
  recipient: string;
  to: string; // a workstation; "": for whoever gets it
  class_max: string; // "": no ceiling
  clear_max: string;
  volume: string; // of `volumes`, or "other"
  other_size: string;
}

export const emptyForm = (): BundleForm => ({
  what: "all",
  model: "",
  version: "",
  experiment: "",
  seal: "none",
  passphrase: "",
  recipient: "",
  to: "",
  class_max: "",
  clear_max: "",
  volume: "",
  other_size: "",
});

/** What a medium holds, in bytes: a CD, a stick with FAT32 (whose files end below 4 GiB), a DVD. */
export const volumes = { cd: 650_000_000, stick: 4_000_000_000, dvd: 4_700_000_000 } as const;
const isMedium = (word: string): word is keyof typeof volumes => Object.hasOwn(volumes, word);

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** "4 GB", "700MB"; undefined for what is no size. */
export const bytesIn = (text: string): number | undefined => {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(digits ?? Number.NaN) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
};

const volumeOf = ({ volume, other_size }: BundleForm): number | undefined =>
  isMedium(volume) ? volumes[volume] : volume === "other" ? bytesIn(other_size) : undefined;

type Missing = "model" | "experiment" | "passphrase" | "recipient" | "size";

/** The first thing that is still to be given; undefined when nothing is. */
export const missingIn = (form: BundleForm): Missing | undefined => {
  if (form.what === "model" && form.model.trim() === "") return "model";
  if (form.what === "experiment" && form.experiment.trim() === "") return "experiment";
  if (form.seal === "passphrase" && form.passphrase.trim() === "") return "passphrase";
  if (form.seal === "recipient" && form.recipient.trim() === "") return "recipient";
  return form.volume === "other" && volumeOf(form) === undefined ? "size" : undefined;
};

const chosen = ({ what, model, version, experiment }: BundleForm) => {
  if (what === "all") return { all: true };
  if (what === "experiment") return { experiments: [experiment.trim()] };
  return { models: [{ name: model.trim(), ...(version.trim() !== "" && { version: version.trim() }) }] };
};

export const toCreate = (form: BundleForm): RequestOf<typeof createBundle> => {
  const volume = volumeOf(form);
  return {
    ...chosen(form),
    ...(form.to.trim() !== "" && { to: form.to.trim() }),
    ...(form.seal === "passphrase" && { passphrase: form.passphrase }),
    ...(form.seal === "recipient" && { recipient: form.recipient.trim() }),
    ...(form.class_max !== "" && { class_max: form.class_max }),
    ...(form.clear_max !== "" && { clear_max: form.clear_max }),
    ...(volume !== undefined && { volume_bytes: volume }),
  };
};
