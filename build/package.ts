/**
 * `npm run package [-- --system linux|mac|win --processor x64|arm64 --folder-only]`: the installers of the desktop app, by default for the
 * system this runs on, into `release/`. Electron comes from its cache or is downloaded, unless `--electron FOLDER` names one.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Platform } from "electron-builder";
import { ensureBuilt } from "./built.js";
import { configuration } from "./electron-builder.ts";
import { createDraw, drawPackageIcons } from "./icons/render.ts";
import { releaseFolder, stageApp, writePapers } from "./package-stage.ts";
import { signingKey, writeSums } from "./package-sums.ts";
import { root } from "./root.js";

/** What to make and where. */
export interface Order {
  readonly work: string;
  readonly system: "linux" | "mac" | "win";
  readonly processor?: "x64" | "arm64";
  /** Only the folder that installers are made from. */
  readonly folderOnly: boolean;
  readonly electron?: string;
}

/** An app's archive. */
export interface Packed {
  readonly file: string;
  readonly sha256: string;
}

/** Every `app.asar` below a folder with its sha256: the same sources must give the same one. */
export const asarDigests = (folder: string): Packed[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?:^|[\\/])app\.asar$/.test(path))
    .toSorted()
    .map((path) => {
      const file = join(folder, path);
      return { file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
    });

/** Stages the app and has electron-builder pack it. Resolves with the files made. */
export const packageDesktop = async ({ work, system, processor, folderOnly, electron }: Order): Promise<string[]> => {
  const { build, Arch, Platform: platforms } = await import("electron-builder");
  const places = {
    app: join(work, "app"),
    papers: join(work, "papers"),
    icons: join(work, "icons"),
    output: join(work, "desktop"),
    ...(electron !== undefined && { electronDist: electron }),
  };
  mkdirSync(places.output, { recursive: true });
  await stageApp(places.app, "desktop");
  rmSync(places.papers, { recursive: true, force: true });
  await writePapers(places.papers, "desktop");
  drawPackageIcons(await createDraw(), places.icons);
  const platform: Platform = { linux: platforms.LINUX, mac: platforms.MAC, win: platforms.WINDOWS }[system];
  const processors = processor === undefined ? [] : [Arch[processor]];
  const files = await build({
    projectDir: root,
    targets: platform.createTarget(folderOnly ? "dir" : null, ...processors),
    config: configuration(places),
    publish: "never",
  });
  for (const folder of [places.app, places.papers]) rmSync(folder, { recursive: true, force: true });
  return files;
};

const systemHere: Readonly<Partial<Record<NodeJS.Platform, Order["system"]>>> = {
  linux: "linux",
  darwin: "mac",
  win32: "win",
};

const readOrder = (): Order => {
  const { values } = parseArgs({
    options: {
      system: { type: "string" },
      processor: { type: "string" },
      "folder-only": { type: "boolean", default: false },
      electron: { type: "string" },
      work: { type: "string", default: releaseFolder },
    },
  });
  const system = values.system ?? systemHere[process.platform];
  if (system !== "linux" && system !== "mac" && system !== "win")
    throw new Error(`--system is linux, mac or win, not '${String(system)}'`);
  const { processor, electron } = values;
  if (processor !== undefined && processor !== "x64" && processor !== "arm64")
    throw new Error(`--processor is x64 or arm64, not '${processor}'`);
  return {
    work: values.work,
    system,
    folderOnly: values["folder-only"],
    ...(processor !== undefined && { processor }),
    ...(electron !== undefined && { electron }),
  };
};

if (import.meta.main) {
  const order = readOrder();
  await ensureBuilt(process.execPath);
  const files = await packageDesktop(order);
  if (files.length > 0) writeSums(join(order.work, "desktop"), files, signingKey());
  for (const file of files) console.log(file);
  for (const { file, sha256 } of asarDigests(join(order.work, "desktop"))) console.log(`${file}\nsha256 ${sha256}`);
}
