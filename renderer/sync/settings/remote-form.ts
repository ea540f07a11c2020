/** What is typed to connect a remote, and what of it is sent: on a change only what differs. */
import type { RequestOf } from "../../../shared/api/endpoint.ts";
import type { addRemote, RemoteInfo, updateRemote } from "../../../shared/api/outpost/remotes.ts";
import {
  classifications,
  type Classification,
  type FilePolicy,
  type RemoteKind,
  type SyncMode,
} from "../../../shared/sync/state.ts";

export interface RemoteForm {
  name: string;
  kind: RemoteKind;
  url: string;
  project: string;
  token: string;
  token_file: string;
  ca_file: string;
  proxy: string;
  class_max: string; // "": no ceiling
  required_tags: string; // separated by commas or lines
  mode: SyncMode;
  files: FilePolicy;
  up_limit: string; // kilobytes per second
  down_limit: string;
}

const KILO = 1000;
const kilobytes = (bytes: number | null): string => (bytes === null ? "" : String(Math.round(bytes / KILO)));

/** What the form begins with. A token is never in it. */
export const formOf = (remote: RemoteInfo | undefined): RemoteForm => ({
  name: remote?.name ?? "",
  kind: remote?.kind ?? "gitlab",
  url: remote?.url ?? "",
  project: remote?.project ?? "",
  token: "",
  token_file: remote?.token_place.startsWith("file:") === true ? remote.token_place.slice("file:".length) : "",
  ca_file: remote?.ca_file ?? "",
  proxy: remote?.proxy ?? "",
  class_max: remote?.class_max ?? "",
  required_tags: remote?.required_tags.join(", ") ?? "",
  mode: remote?.mode ?? "ask",
  files: remote?.files ?? "light",
  up_limit: kilobytes(remote?.up_limit ?? null),
  down_limit: kilobytes(remote?.down_limit ?? null),
});

const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,\n]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];
const limitIn = (text: string): number | undefined => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined);
const classIn = (text: string): Classification | undefined => classifications.find((one) => one === text);

const optional = (form: RemoteForm) => {
  const [up, down, ceiling] = [limitIn(form.up_limit), limitIn(form.down_limit), classIn(form.class_max)];
  const tags = tagsIn(form.required_tags);
  return {
    ...(form.token.trim() !== "" && { token: form.token.trim() }),
    ...(form.token_file.trim() !== "" && { token_file: form.token_file.trim() }),
    ...(form.ca_file.trim() !== "" && { ca_file: form.ca_file.trim() }),
    ...(form.proxy.trim() !== "" && { proxy: form.proxy.trim() }),
    ...(ceiling && { class_max: ceiling }),
    ...(tags.length > 0 && { required_tags: tags }),
    ...(up !== undefined && up > 0 && { up_limit: up }),
    ...(down !== undefined && down > 0 && { down_limit: down }),
    mode: form.mode,
    files: form.files,
  };
};

export const toAdd = (form: RemoteForm): RequestOf<typeof addRemote> => ({
  name: form.name.trim(),
  kind: form.kind,
  url: form.url.trim(),
  ...(form.kind === "gitlab" && { project: form.project.trim() }),
  ...optional(form),
});

/** The fields that can be emptied, by the name that `clear` takes. */
const CLEARED = ["token_file", "ca_file", "proxy", "class_max", "required_tags", "up_limit", "down_limit"] as const;

/** A new token takes the place of a file. */
export const toUpdate = (form: RemoteForm, remote: RemoteInfo): RequestOf<typeof updateRemote> => {
  const before = formOf(remote);
  const after = form.token.trim() === "" ? form : { ...form, token_file: "" };
  const clear = CLEARED.filter((name) => before[name].trim() !== "" && after[name].trim() === "");
  const was: Readonly<Record<string, unknown>> = { ...before };
  const is: Readonly<Record<string, unknown>> = { ...after };
  const changed = Object.fromEntries(Object.entries(optional(after)).filter(([name]) => was[name] !== is[name]));
  return {
    name: remote.name,
    ...(after.url.trim() !== remote.url && { url: after.url.trim() }),
    ...changed,
    ...(clear.length > 0 && { clear }),
  };
};

/** What is missing before it can be sent: the name of the first field; undefined when nothing is. */
export const missingIn = (form: RemoteForm): "name" | "url" | "project" | undefined => {
  if (form.name.trim() === "") return "name";
  if (form.url.trim() === "") return "url";
  return form.kind === "gitlab" && form.project.trim() === "" ? "project" : undefined;
};
