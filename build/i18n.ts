/**
 * Compiles the interface's texts (`renderer/i18n/messages/<area>/<locale>.json`) into typed functions under
 * `renderer/i18n/compiled`. A key that a language lacks, or that takes other inputs there, fails the build: nobody
 * should meet English in the middle of a Japanese page.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { compile } from "@inlang/paraglide-js";
import { withLock } from "./lock.js";
import { root } from "./root.js";
import { digestOfSources, isFresh, parts } from "./stamp.js";

export const LOCALES = ["en", "ko", "ja"] as const;
const BASE = LOCALES[0];

export type Messages = Readonly<Record<string, unknown>>;
/** The messages of an area by locale. */
export type Area = Readonly<Record<string, Messages>>;

/** Names of the inputs that a message shows, `{n}`; one that only chooses a plural is free to be left out. */
const inputsOf = (message: unknown): string => {
  const text = JSON.stringify(message);
  const locals = new Set([...text.matchAll(/"local (\w+)/g)].map(([, name]) => name));
  const used = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return [...new Set(used)]
    .filter((name) => !locals.has(name))
    .toSorted()
    .join(", ");
};

const keysOf = (messages: Messages): string[] => Object.keys(messages).filter((key) => key !== "$schema");

/** What is wrong with an area's messages, one line each; none when every language says everything. */
export const mistakesIn = (name: string, area: Area): string[] => {
  const base = area[BASE] ?? {};
  const misnamed = keysOf(base).filter((key) => !key.startsWith(`${name}_`));
  return [
    ...misnamed.map((key) => `${name}/${BASE}: '${key}' must start with '${name}_'`),
    ...LOCALES.flatMap((locale) => {
      const messages = area[locale];
      if (!messages) return [`${name}: there is no ${locale}.json`];
      const missing = keysOf(base).filter((key) => !Object.hasOwn(messages, key) || messages[key] === "");
      const extra = keysOf(messages).filter((key) => !Object.hasOwn(base, key));
      const other = keysOf(base).filter(
        (key) => Object.hasOwn(messages, key) && inputsOf(messages[key]) !== inputsOf(base[key]),
      );
      return [
        ...missing.map((key) => `${name}/${locale}: '${key}' is missing`),
        ...extra.map((key) => `${name}/${locale}: '${key}' is not in ${BASE}.json`),
        ...other.map(
          (key) => `${name}/${locale}: '${key}' takes (${inputsOf(messages[key])}), not (${inputsOf(base[key])})`,
        ),
      ];
    }),
  ];
};

const folder = join(root, "renderer", "i18n", "messages");

const readArea = (name: string): Area =>
  Object.fromEntries(
    LOCALES.map((locale) => [locale, join(folder, name, `${locale}.json`)] as const)
      .filter(([, path]) => existsSync(path))
      .map(([locale, path]) => [locale, JSON.parse(readFileSync(path, "utf8")) as Messages]),
  );

/** Keys that no source shows: `m.runs_title` is how one is shown. */
export const unusedIn = (keys: readonly string[], sources: string): string[] => {
  const used = new Set([...sources.matchAll(/\bm\.(\w+)/g)].map(([, key]) => key));
  return keys.filter((key) => !used.has(key));
};

/** @throws Error that lists the messages that the interface does not show */
const refuseUnused = (): void => {
  const renderer = join(root, "renderer");
  const sources = readdirSync(renderer, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:ts|svelte)$/.test(file) && !file.startsWith("i18n"))
    .map((file) => readFileSync(join(renderer, file), "utf8"));
  const keys = readdirSync(folder).flatMap((name) => keysOf(readArea(name)[BASE] ?? {}));
  const unused = unusedIn(keys, sources.join("\n"));
  if (unused.length > 0)
    throw new Error(`messages: no source shows ${unused.join(", ")}: delete them in every language`);
};

/** Compiles the messages when a byte of them has changed. @throws Error that lists every missing or odd key */
export const compileMessages = (): Promise<void> =>
  withLock("messages", async () => {
    if (isFresh(parts.messages)) return;
    const areas = readdirSync(folder);
    const mistakes = areas.flatMap((name) => mistakesIn(name, readArea(name)));
    if (mistakes.length > 0) throw new Error(`messages: ${mistakes.length} mistakes\n${mistakes.join("\n")}`);

    const project = join(root, ".cache", "i18n", "project.inlang");
    const fromProject = (path: string): string => relative(join(project, ".."), path).replaceAll("\\", "/");
    const settings = {
      baseLocale: BASE,
      locales: LOCALES,
      modules: [fromProject(join(root, "node_modules", "@inlang", "plugin-message-format", "dist", "index.js"))],
      telemetry: "off",
      "plugin.inlang.messageFormat": {
        pathPattern: areas.map((name) => `./${fromProject(join(folder, name))}/{locale}.json`),
      },
    };
    rmSync(project, { recursive: true, force: true });
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, "settings.json"), JSON.stringify(settings, null, 2));
    const digest = digestOfSources(parts.messages);
    await compile({
      project,
      outdir: join(root, "renderer", "i18n", "compiled"),
      strategy: ["globalVariable", "baseLocale"],
      emitReadme: false,
      isServer: "false",
      disableAsyncLocalStorage: true,
    });
    writeFileSync(join(root, parts.messages.stamp), digest);
  }) as Promise<void>;

// Only where it is the command, as in `npm run check`: while one works, a text may be there before its place is.
if (import.meta.main) {
  await compileMessages();
  refuseUnused();
}
