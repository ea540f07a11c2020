/**
 * Artifacts as plain files: the host copies them, verified, into a folder of their own below Downloads, and the system's
 * file manager shows it. Stored files stay where nobody edits them by accident.
 */
import { lstatSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { endpoint } from "../../shared/api/endpoint.ts";
import { OUTPOST_API, Text, Whole } from "../../shared/api/outpost/words.ts";
import { DomainError } from "../../shared/errors.ts";
import type { AskOf } from "../../shared/shell/verbs.ts";
import type { Feature } from "./context.ts";
import { fileName } from "./file-name.ts";

type Place = AskOf<"showInFolder">;

/** The host's own operation behind `outpost layout`; only the folder's owner may ask for it. */
export const layOut = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/admin/layout`,
  summary: "Copies the files of a run or a model version into a folder",
  request: Type.Object({ source: Text(), target: Text() }),
  response: Type.Object({
    target: Text(),
    files: Whole(),
    bytes: Whole(),
    renamed: Type.Array(Type.Object({ path: Text(), file: Text() })),
  }),
});

/** What the host calls the files. @throws DomainError `invalid` for what names none. */
export const sourceOf = ({ owner, id, path }: Place): string => {
  const below = path === "" ? "" : `/${path}`;
  if (owner === "run" && /^[0-9a-f]{32}$/.test(id)) return `runs:/${id}${below}`;
  if (owner === "model" && /^m-[0-9a-f]{32}$/.test(id)) return `models:/${id}${below}`;
  if (owner === "version" && /^[^/:]{1,256}\/\d{1,10}$/.test(id)) return `models:/${id}${below}`;
  throw new DomainError("invalid", `There are no files of ${owner} '${id.slice(0, 80)}'`);
};

const isTaken = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** A folder that is not there yet. The same files may be shown twice: what was shown before may have been edited. */
export const freeFolder = (parent: string, name: string, taken: (path: string) => boolean = isTaken): string => {
  for (let n = 1; ; n++) {
    const path = join(parent, n === 1 ? name : `${name} (${n})`);
    if (!taken(path)) return path;
  }
};

/** A few characters that tell things of one name apart. */
const tailOf = ({ owner, id }: Place): string =>
  owner === "version" ? `v${id.slice(id.lastIndexOf("/") + 1)}` : id.replace(/^m-/, "").slice(0, 8);

export const showInFolder: Feature = ({ electron, host, ipc }) => {
  ipc.handle("showInFolder", async (place) => {
    const source = sourceOf(place);
    const parent = join(electron.app.getPath("downloads"), "Outpost");
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const target = freeFolder(parent, `${fileName(place.name)} ${tailOf(place)}`);
    await host.call(layOut, { source, target });
    electron.shell.showItemInFolder(target);
    return target;
  });
  ipc.handle("showDataFolder", async () => {
    if (host.state.phase !== "running") throw new DomainError("unavailable", "The host does not run");
    const failure = await electron.shell.openPath(host.state.dataDir);
    if (failure !== "") throw new DomainError("unavailable", failure);
    return undefined;
  });
  return {};
};
