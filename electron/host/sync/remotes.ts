/** Configured remotes: adding, changing, testing, forgetting, and what a person is told of them. */
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { RequestOf } from "../../../shared/api/endpoint.ts";
import type { RemoteInfo, addRemote, updateRemote } from "../../../shared/api/outpost/remotes.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { SyncState } from "../../../shared/sync/state.ts";
import type { Probe } from "../../remote/remote.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { RemoteTokens } from "./tokens.ts";
import { toRun } from "./words.ts";

export interface RemotesDeps {
  readonly state: SyncStore;
  readonly tokens: RemoteTokens;
  /** Id of the job that syncs it now. */
  readonly jobOf: (remote: string) => string | null;
}

type Add = RequestOf<typeof addRemote>;
type Update = RequestOf<typeof updateRemote>;
type Settings = Omit<Update, "name" | "clear" | "url" | "token">;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const KILO = 1000;
const CLEARABLE: Readonly<Record<string, Partial<RemoteRow>>> = {
  token_file: { token_file: null },
  ca_file: { ca_file: null },
  proxy: { proxy: null },
  class_max: { class_max: null },
  required_tags: { required_tags: [] },
  up_limit: { up_limit: null },
  down_limit: { down_limit: null },
};

const refuse = (name: string, value: string, wanted: string): never => {
  throw new DomainError("invalid", `Invalid value '${value.slice(0, 100)}' for '${name}': ${wanted}`);
};

/** What was typed as an address, without what may be a secret in it: all before an "@", all after a "?" or "#". */
const shown = (text: string): string =>
  text
    .replace(/([?#]).*$/s, "$1[redacted]")
    .replace(/^([a-z]+:\/\/)?.*@/is, (_all, scheme: string | undefined) => `${scheme ?? ""}[redacted]@`);

/** An address without a name, a password, a query or a fragment, and no slash at its end. */
const readUrl = (text: string): string => {
  const wanted = "it must be an https or http address";
  const url = URL.canParse(text) ? new URL(text) : refuse("url", shown(text), wanted);
  if (url.protocol !== "https:" && url.protocol !== "http:") refuse("url", shown(text), wanted);
  if (url.username !== "" || url.password !== "")
    refuse("url", `${url.protocol}//${url.host}`, "a name or password does not belong in it: use a token");
  if (url.search !== "" || url.hash !== "") refuse("url", shown(text), "it must end before any '?' or '#'");
  return url.href.replace(/\/+$/, "");
};

const readPath = (name: string, path: string): string =>
  isAbsolute(path) ? path : refuse(name, path, "it must be an absolute path");

const readCa = (path: string): string => {
  readPath("ca_file", path);
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new DomainError("invalid", `The file ${path} of certificates cannot be read`, { cause });
  }
  return text.includes("-----BEGIN CERTIFICATE-----")
    ? path
    : refuse("ca_file", path, "it holds no certificate in PEM");
};

const limit = (name: string, kilobytes: number): number | null =>
  kilobytes < 0
    ? refuse(name, String(kilobytes), "it is kilobytes per second, 0 for none")
    : kilobytes === 0
      ? null
      : kilobytes * KILO;

const columnsOf = (given: Settings): Partial<RemoteRow> => ({
  ...(given.token_file !== undefined && { token_file: readPath("token_file", given.token_file) }),
  ...(given.ca_file !== undefined && { ca_file: readCa(given.ca_file) }),
  ...(given.proxy !== undefined && { proxy: readUrl(given.proxy) }),
  ...(given.mode !== undefined && { mode: given.mode }),
  ...(given.files !== undefined && { file_policy: given.files }),
  ...(given.class_max !== undefined && { class_max: given.class_max }),
  ...(given.required_tags !== undefined && { required_tags: given.required_tags }),
  ...(given.up_limit !== undefined && { up_limit: limit("up_limit", given.up_limit) }),
  ...(given.down_limit !== undefined && { down_limit: limit("down_limit", given.down_limit) }),
});

const stateOf = (row: RemoteRow): RemoteInfo["state"] =>
  row.state === "ok" || row.state === "offline" || row.state === "auth_needed" || row.state === "problem"
    ? row.state
    : "new";

const toProbe = (probe: Probe | null): RemoteInfo["probe"] =>
  probe && {
    title: probe.title,
    server_version: probe.serverVersion,
    user: probe.user,
    rights: [...probe.rights],
    missing: probe.missing.map(({ right, why }) => ({ right, why })),
    token_expires: probe.tokenExpires ?? null,
    capabilities: Object.entries(probe.capabilities).map(([name, there]) => ({ name, there })),
    clock_offset_ms: Math.round(probe.clockOffsetMs),
  };

export type Remotes = ReturnType<typeof createRemotes>;

export const createRemotes = ({ state, tokens, jobOf }: RemotesDeps) => {
  /** Without the workstations that bundles go to: there is nothing to connect to. */
  const servers = (): readonly RemoteRow[] => state.remotes.list().filter(({ kind }) => kind !== "bundle");
  const find = (name: string): RemoteRow => {
    const row = state.remotes.byName(name);
    if (row && row.kind !== "bundle") return row;
    const known = servers().map((one) => one.name);
    const there = known.length === 0 ? "there are none yet" : `there is ${known.join(", ")}`;
    throw new DomainError("not_found", `No remote '${name.slice(0, 64)}': ${there}`);
  };

  /** Also a workstation that bundles go to and come from. */
  const findPeer = (name: string): RemoteRow => {
    const row = state.remotes.byName(name);
    return row?.kind === "bundle" ? row : find(name);
  };

  const toInfo = (row: RemoteRow): RemoteInfo => {
    const counts = state.objects.counts(row.id);
    const plan = state.plans.latest(row.id);
    const last = state.runs.list(row.id, 1)[0];
    return {
      name: row.name,
      kind: row.kind === "gitlab" ? "gitlab" : "mlflow",
      url: row.base_url,
      project: row.project,
      token_place: placeOf(row),
      mode: row.mode,
      files: row.file_policy,
      class_max: row.class_max,
      required_tags: [...row.required_tags],
      ca_file: row.ca_file,
      proxy: row.proxy,
      up_limit: row.up_limit,
      down_limit: row.down_limit,
      paused: row.paused,
      title: row.title,
      state: stateOf(row),
      problem: row.problem,
      checked_at: row.checked_at,
      first_contact: row.accepted_at === null,
      probe: toProbe(row.probe as Probe | null),
      ...state.candidates.counts(row.id),
      conflicts: state.conflicts.waiting(row.id), // a clash of versions among them, whose object is blocked
      states: Object.entries(counts).map(([name, count]) => ({ name: name satisfies string as SyncState, count })),
      job_id: jobOf(row.name),
      plan: plan?.state === "open" ? plan.hash : null,
      last: last ? toRun(last) : null,
    };
  };

  /** What cannot be read is said in the list, and does not keep the list from being shown. */
  const placeOf = (row: RemoteRow): string => {
    try {
      return tokens.placeOf(row);
    } catch (error) {
      if (error instanceof DomainError) return `problem:${error.message}`;
      throw error;
    }
  };

  return {
    find,
    findPeer,
    toInfo,
    list: (): RemoteInfo[] => servers().map(toInfo),
    /** Inside a write. */
    add: ({ name, kind, url, project, token, ...rest }: Add): RemoteRow => {
      if (!NAME.test(name)) refuse("name", name, "use up to 64 letters, digits and . _ -");
      if (state.remotes.byName(name)) throw new DomainError("already_exists", `There is a remote '${name}' already`);
      if (kind === "gitlab" && (project ?? "") === "")
        throw new DomainError("invalid", "A GitLab remote needs its project: the number, or the path group/project");
      if (token !== undefined && rest.token_file !== undefined)
        throw new DomainError("invalid", "Name a token or a token file, not both");
      const row = state.remotes.add({
        name,
        kind,
        base_url: readUrl(url),
        project: kind === "gitlab" ? (project ?? null) : null,
        ...columnsOf(rest),
      });
      if (token !== undefined) tokens.keep(name, token);
      return row;
    },
    /** Inside a write. A remote that points elsewhere is a new one: its first plan waits again. */
    update: ({ name, url, token, clear = [], ...rest }: Update): RemoteRow => {
      const row = find(name);
      const address = url === undefined ? row.base_url : readUrl(url);
      let changes: Partial<RemoteRow> = address === row.base_url ? {} : { base_url: address, accepted_at: null };
      for (const column of clear)
        changes = { ...changes, ...(CLEARABLE[column] ?? refuse("clear", column, Object.keys(CLEARABLE).join(", "))) };
      state.remotes.update(row.id, { ...changes, ...columnsOf(rest) });
      if (token !== undefined) tokens.keep(name, token);
      return find(name);
    },
    /** Inside a write. */
    remove: (name: string): void => {
      const row = find(name);
      if (jobOf(name) !== null)
        throw new DomainError("conflict", `The remote '${name}' is being synced: cancel that, or wait for its end`);
      state.remotes.remove(row.id);
      tokens.forget(name);
    },
    setPaused: (name: string, paused: boolean): RemoteRow => {
      state.remotes.update(find(name).id, { paused });
      return find(name);
    },
  };
};
