/** Artifacts of runs and of model versions, through the server's artifact proxy. */
import { RemoteError } from "../errors.ts";
import type { Download, FileSource, RemoteFile } from "../remote.ts";
import { type MlflowApi, translated } from "./api.ts";
import { answers } from "./wire.ts";

const PROXY = "/api/2.0/mlflow-artifacts/artifacts";
const MAX_FOLDERS = 10_000;
type Signal = AbortSignal | undefined;

/** Where files are: below the proxy's root, or behind a run whose place only the server can reach. */
export type Place = { readonly root: string } | { readonly run: string; readonly within: string; readonly uri: string };

/** Path below the proxy's root that a location names; undefined for one that is elsewhere. */
export const proxiedRoot = (uri: string): string | undefined => {
  const path = /^mlflow-artifacts:(?:\/\/[^/]+)?\/+([^?#]*)$/.exec(uri)?.[1];
  return path?.replace(/\/+$/, "");
};

/** For people: an address without what may be secret in it. */
export const shownPlace = (uri: string): string => `${/^[a-z0-9+.-]+:/i.exec(uri)?.[0] ?? "a folder of the server"}…`;

const unreachable = (uri: string): RemoteError =>
  new RemoteError(
    "invalid",
    `The files are at ${shownPlace(uri)}, which the server does not open to others; start it with --serve-artifacts.`,
  );

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
const below = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
const signalled = (signal: Signal): { signal?: AbortSignal } => (signal ? { signal } : {});

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
}

/** A listing comes from outside: no name of it may lead out of its folder. */
const isName = (name: string): boolean => name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);

export type Files = ReturnType<typeof createFiles>;

export const createFiles = (api: MlflowApi) => {
  const folder = async (place: Place, path: string, signal: Signal): Promise<Entry[]> => {
    const read = answers.files;
    const { files = [] } =
      "root" in place
        ? await translated(async () => {
            const query = { path: below(place.root, path) };
            return (await api.client.json({ method: "GET", path: PROXY, query, read, ...signalled(signal) })).value;
          })
        : await api.get(
            "artifacts/list",
            { run_id: place.run, path: [place.within, path].filter((part) => part !== "").join("/") || undefined },
            read,
            signal,
          );
    return files.map(({ path: said, is_dir = false, file_size = 0 }) => ({
      name: said.slice(said.lastIndexOf("/") + 1), // the proxy says names, the list of a run says paths
      isFolder: is_dir,
      size: Number(file_size),
    }));
  };

  const list = async (place: Place, signal: Signal): Promise<readonly RemoteFile[]> => {
    const found: RemoteFile[] = [];
    const folders = [""];
    for (let at = 0; at < folders.length; at += 1) {
      if (at >= MAX_FOLDERS) throw new RemoteError("garbled", `There are more than ${MAX_FOLDERS} folders.`);
      const here = folders[at] ?? "";
      for (const { name, isFolder, size } of await folder(place, here, signal)) {
        if (!isName(name)) throw new RemoteError("garbled", "The server lists a file whose name is none.");
        if (isFolder) folders.push(below(here, name));
        else found.push({ path: below(here, name), size, sha256: undefined, twins: 0 });
      }
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  };

  const put = async (
    place: Place,
    file: FileSource,
    signal: Signal,
    onBytes?: (sent: number) => void,
  ): Promise<void> => {
    if (!("root" in place)) throw unreachable(place.uri);
    await translated(() =>
      api.client.upload({
        method: "PUT",
        path: `${PROXY}/${encoded(below(place.root, file.path))}`,
        body: file.open,
        length: file.size,
        mayBeEmpty: true, // MLflow says nothing, Outpost {}
        ...(onBytes && { onProgress: onBytes }),
        ...signalled(signal),
      }),
    );
  };

  const get = async (
    place: Place,
    path: string,
    { from, etag }: { readonly from: number; readonly etag: string | undefined },
    signal: Signal,
  ): Promise<Download> => {
    const address =
      "root" in place
        ? { path: `${PROXY}/${encoded(below(place.root, path))}` }
        : { path: "/get-artifact", query: { run_id: place.run, path: below(place.within, path) } };
    const range = { from, ...(etag !== undefined && { etag }) };
    const answer = await translated(() => api.client.download({ ...address, ...range, ...signalled(signal) }));
    const { status, total, body } = answer;
    return { from: status === 206 ? from : 0, total, etag: answer.etag, body };
  };

  return { list, put, get };
};

/** The place of a location. `run`: the one it may be part of. @throws RemoteError `invalid` for one nobody can reach. */
export const placeOf = (uri: string, run: { readonly id: string; readonly uri: string } | undefined): Place => {
  const root = proxiedRoot(uri);
  if (root !== undefined) return { root };
  const isWithin = run !== undefined && run.uri !== "" && (uri === run.uri || uri.startsWith(`${run.uri}/`));
  if (!isWithin) throw unreachable(uri);
  return { run: run.id, within: uri.slice(run.uri.length + 1), uri };
};
