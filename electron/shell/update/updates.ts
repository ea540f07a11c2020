/**
 * Newer versions: from a file that a person chooses, or from the intranet's folder where `update_feed` names one. Nothing is
 * asked of any machine without it, and nothing runs that the key of `update_key` does not vouch for.
 */
import { basename, join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import type { UpdateState, UpdateWork } from "../../../shared/shell/update.ts";
import type { ShellContext } from "../context.ts";
import { fetchSignedList, newestPackage, openPackage } from "./feed.ts";
import { askToInstall, handOver, showRefusal } from "./hand-over.ts";
import { readUpdateKey, type UpdateKey } from "./key.ts";
import { usualKinds, type Running } from "./package-name.ts";
import { phrases } from "./phrases.ts";
import { readSignedList, type SignedBytes } from "./signed-list.ts";
import {
  expectedPackage,
  keepVerified,
  listBeside,
  verifyPackage,
  type VerifiedPackage,
  type Watched,
} from "./verify.ts";

export interface UpdateTimes {
  /** How long after the start the feed is first looked at. */
  readonly firstMs: number;
  readonly everyMs: number;
}

export interface Updates {
  /** The menu's item: chooses a file, and shows where progress is seen. */
  fromMenu(): Promise<void>;
  dispose(): void;
}

const MINUTE_MS = 60_000;
const TELL_MS = 200;
const NO_KEY =
  "No update can be verified, because update_key is not set: put the public key of whoever makes your packages into config.yaml, or let an administrator set it by policy";

interface Found {
  readonly feed: string;
  readonly name: string;
  readonly version: string;
  readonly signed: SignedBytes;
}

const isCancel = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Answers the page's verbs, and looks at the feed a while after the start and then daily. */
export const startUpdates = (
  context: ShellContext,
  { firstMs, everyMs }: UpdateTimes = { firstMs: MINUTE_MS, everyMs: 24 * 60 * MINUTE_MS },
): Updates => {
  const { electron, ipc, windows, log, say, env, platform, version, preferences } = context;
  const running: Running = { version, platform, processor: process.arch };
  const folder = join(context.profile, "updates");
  let known: Pick<UpdateState, "key" | "feed"> = { key: null, feed: null };
  let found: Found | undefined;
  let checked: number | null = null;
  let problem: string | null = null;
  let work: UpdateWork | null = null;
  let cancel: AbortController | undefined;
  let toldAt = 0;

  const readKeys = async (): Promise<{ key: UpdateKey | undefined; feed: string }> => {
    const { update_key, update_feed } = await context.settings();
    const key = readUpdateKey(update_key);
    known = { key: key?.fingerprint ?? null, feed: update_feed === "" ? null : update_feed };
    return { key, feed: update_feed };
  };
  const snapshot = (): UpdateState => ({ version, ...known, found: found?.version ?? null, checked, problem, work });
  const state = async (): Promise<UpdateState> => {
    try {
      await readKeys();
      return snapshot();
    } catch (error) {
      return { ...snapshot(), problem: reasonOf(error) };
    }
  };
  const tell = (): void => windows.tell("update", snapshot());
  const become = (now: UpdateWork | null): void => {
    const isProgress = now !== null && now.what === work?.what && now.done !== now.total;
    work = now;
    if (isProgress && Date.now() - toldAt < TELL_MS) return;
    toldAt = Date.now();
    tell();
  };

  /** One thing at a time, which can be cancelled. */
  const during = async <T>(
    what: UpdateWork["what"],
    name: string,
    act: (watched: Watched) => Promise<T>,
  ): Promise<T> => {
    if (cancel)
      throw new DomainError("conflict", "An update is being looked for or verified already: wait for it, or cancel it");
    const mine = (cancel = new AbortController());
    become({ what, name, done: 0, total: null });
    try {
      return await act({
        signal: mine.signal,
        onProgress: (done, total) => become({ what, name, done, total }),
      });
    } catch (error) {
      throw mine.signal.aborted ? mine.signal.reason : error;
    } finally {
      cancel = undefined;
      become(null);
    }
  };

  const needKey = async (): Promise<UpdateKey> => {
    const { key } = await readKeys();
    if (!key) throw new DomainError("invalid", NO_KEY);
    return key;
  };

  /** From the proven copy to the system, with a person's yes between. */
  const install = async (verified: VerifiedPackage, { fingerprint }: UpdateKey): Promise<boolean> => {
    become(null);
    log.info("an update is verified", { name: verified.name, age: verified.age });
    if (!(await askToInstall(verified, fingerprint, context))) return false;
    await handOver(verified, context);
    return true;
  };

  /** Runs to its end; a refusal is shown, a cancel is not one. */
  const shown = async (act: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await act();
    } catch (error) {
      if (isCancel(error)) return false;
      log.warn("an update was refused", { reason: reasonOf(error) });
      await showRefusal(error, context);
      return false;
    }
  };

  const choose = async (): Promise<string | undefined> => {
    const options: Electron.OpenDialogOptions = {
      title: say(phrases.choose),
      properties: ["openFile"],
      filters: [{ name: say(phrases.packages), extensions: ["exe", "msi", "dmg", "deb", "rpm", "AppImage"] }],
    };
    const window = windows.current();
    const { canceled, filePaths } = await (window
      ? electron.dialog.showOpenDialog(window, options)
      : electron.dialog.showOpenDialog(options));
    return canceled ? undefined : filePaths[0];
  };

  const fromFile = (onChosen: () => void): Promise<boolean> =>
    shown(async () => {
      const key = await needKey();
      const file = await choose();
      if (file === undefined) return false;
      onChosen();
      return during("verifying", basename(file), async (watched) => {
        const signed = await listBeside(file);
        return install(await verifyPackage({ file, signed, key, running, folder, ...watched }), key);
      });
    });

  const fromFeed = (): Promise<boolean> =>
    shown(async () => {
      const key = await needKey();
      if (!found) throw new DomainError("not_found", "No newer version is known: check the feed again");
      const { feed, name, signed } = found;
      const expected = expectedPackage(name, readSignedList(signed, key), running, feed);
      return during("downloading", name, async (watched) => {
        const { bytes, total } = await openPackage(feed, name, watched.signal);
        return install(await keepVerified(expected, bytes, { folder, total, ...watched }), key);
      });
    });

  const look = async (feed: string, key: UpdateKey, { signal }: Watched): Promise<void> => {
    const signed = await fetchSignedList(feed, signal);
    const newest = newestPackage(readSignedList(signed, key), running, usualKinds(platform, env));
    found = newest && { ...newest, feed, signed };
    checked = Date.now();
  };

  /** Looks at the feed where there is one. What goes wrong is kept for whoever looks, and nags nobody. */
  const check = async (): Promise<void> => {
    try {
      const { key, feed } = await readKeys();
      if (feed === "") {
        found = undefined;
        problem = null;
        return;
      }
      if (!key) throw new DomainError("invalid", `${feed} was not asked. ${NO_KEY}`);
      await during("checking", feed, (watched) => look(feed, key, watched));
      problem = null;
    } catch (error) {
      if (!isCancel(error)) problem = reasonOf(error);
      log.info("the update feed could not be read", { reason: reasonOf(error) });
    }
    tell();
  };

  let note: Electron.Notification | undefined; // one that is forgotten loses its click
  const announce = (): void => {
    if (!found || !electron.Notification.isSupported() || !preferences.firstTime(`update-${found.version}`)) return;
    note = new electron.Notification({ title: say(phrases.found(found.version)), body: say(phrases.foundBody) });
    note.on("click", () => void windows.show("/settings/desktop"));
    note.show();
  };
  const checkInTime = async (): Promise<void> => {
    if (!cancel) await check();
    announce();
    timer = later(everyMs);
  };
  const later = (ms: number): NodeJS.Timeout => setTimeout(() => void checkInTime(), ms).unref();
  let timer = later(firstMs);

  ipc.handle("updateState", state);
  ipc.handle("checkForUpdate", async () => {
    await check();
    return state();
  });
  ipc.handle("installUpdate", () => fromFile(() => {}));
  ipc.handle("installFoundUpdate", fromFeed);
  ipc.handle("cancelUpdate", () => {
    cancel?.abort();
    return undefined;
  });

  return {
    fromMenu: async () => void (await fromFile(() => void windows.show("/settings/desktop"))),
    dispose: () => {
      clearTimeout(timer);
      cancel?.abort();
      note?.close();
    },
  };
};
