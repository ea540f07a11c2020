import { createServer, type RequestListener } from "node:http";
import { Socket } from "node:net";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Feature } from "../../../../electron/shell/context.ts";
import { startUpdates, type UpdateTimes } from "../../../../electron/shell/update/updates.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { startFeature } from "../feature.ts";
import { debOf, makeKey, release, writeList } from "./packages.ts";

const APP_IMAGE = (version: string): string =>
  `Outpost-${version}-linux-${process.arch === "x64" ? "x86_64" : process.arch}.AppImage`;
const NEWER = APP_IMAGE("1.3.0");
const NEVER: UpdateTimes = { firstMs: 1e8, everyMs: 1e8 };

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

/** A folder behind HTTP; what was asked for is kept. */
const serve = async (answer: RequestListener) => {
  const asked: string[] = [];
  const heads: object[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    heads.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { asked, heads, url: `http://127.0.0.1:${port}/outpost` };
};

const files =
  (folder: string): RequestListener =>
  ({ url = "" }, response) => {
    const name = decodeURIComponent(url.split("/").at(-1) ?? "");
    if (!readdirSync(folder).includes(name)) response.writeHead(404).end();
    else response.writeHead(200).end(readFileSync(join(folder, name)));
  };

interface Given {
  readonly feed?: string;
  readonly key?: string;
  readonly times?: UpdateTimes;
  readonly answer?: number; // of each question
}

const setup = ({ feed = "", key = "", times = NEVER, answer = 0 }: Given) => {
  const questions: { message: string; detail: string }[] = [];
  const opened: string[] = [];
  const shown: string[] = [];
  const notes: { title: string }[] = [];
  class Note {
    static isSupported = (): boolean => true;
    constructor(options: { title: string }) {
      notes.push(options);
    }
    on = (): void => {};
    show = (): void => {};
    close = (): void => {};
  }
  const told = vi.fn();
  const settings = vi.fn(() => Promise.resolve({ update_key: key, update_feed: feed }));
  const profile = temporaryFolder();
  const feature: Feature = (context) => startUpdates(context, times);
  const { ask } = startFeature(feature, {
    profile,
    version: "1.2.0",
    env: { APPIMAGE: "/x/Outpost.AppImage" },
    settings,
    windows: { tell: told, current: () => undefined, show: () => {} },
    preferences: { firstTime: (name: string) => !notes.some(({ title }) => name.endsWith(title.split(" ")[1] ?? "?")) },
    electron: {
      Notification: Note,
      dialog: {
        showMessageBox: (options: { message: string; detail: string }) => {
          questions.push(options);
          return Promise.resolve({ response: answer });
        },
      },
      shell: {
        openPath: (path: string) => Promise.resolve((opened.push(path), "")),
        showItemInFolder: (path: string) => void shown.push(path),
      },
    },
  });
  return { ask, questions, opened, shown, notes, profile, told, settings };
};

test("without update_feed no request leaves, however often its time comes", async () => {
  const connected = vi.spyOn(Socket.prototype, "connect");
  onTestFinished(() => connected.mockRestore());
  const { ask, notes, settings } = setup({ key: makeKey().setting, times: { firstMs: 1, everyMs: 1 } });
  await soon(() => settings.mock.calls.length).toBeGreaterThan(3); // its time came several times
  const state = await ask("checkForUpdate", undefined);
  expect(state).toMatchObject({ feed: null, found: null, checked: null, problem: null });
  expect(connected).not.toHaveBeenCalled();
  expect(notes).toEqual([]);
  const withFeed = setup({ key: makeKey().setting, feed: "http://127.0.0.1:1/" });
  await withFeed.ask("checkForUpdate", undefined);
  expect(connected).toHaveBeenCalled(); // so would have been seen
});

test("a feed is looked at after a while; the newest package of this kind is told of once, and installs as a copy", async () => {
  const { secret, setting, key } = makeKey();
  const folder = release(
    { [NEWER]: "image", [APP_IMAGE("1.2.9")]: "less", [debOf("1.9.0")]: "deb", "Outpost-2.0.0-win-x64.exe": "exe" },
    secret,
  );
  const { url, asked, heads } = await serve(files(folder));
  const { ask, notes, questions, shown, profile } = setup({
    feed: url,
    key: setting,
    times: { firstMs: 1, everyMs: 1 },
  });
  await soon(() => asked.length).toBeGreaterThan(4); // more than one look
  await soon(() => notes).toEqual([expect.objectContaining({ title: "Outpost 1.3.0 is there" })]);
  expect(new Set(asked)).toEqual(new Set(["/outpost/SHA256SUMS", "/outpost/SHA256SUMS.sig"]));
  expect(new Set(heads.flatMap((head) => Object.keys(head)))).toEqual(new Set(["accept", "connection", "host"]));
  expect(await ask("updateState", undefined)).toMatchObject({ found: "1.3.0", problem: null, key: key.fingerprint });
  await soon(() => ask("installFoundUpdate", undefined)).toBe(true);
  expect(questions.at(-1)).toMatchObject({ message: "Install Outpost 1.3.0?" });
  expect(questions.at(-1)?.detail).toContain(key.fingerprint);
  expect(shown[0]?.startsWith(join(profile, "updates"))).toBe(true);
  expect(readFileSync(shown[0] ?? "", "utf8")).toBe("image");
});

test("a package that changed after its list was read is refused", async () => {
  const { secret, setting } = makeKey();
  const folder = release({ [NEWER]: "image" }, secret);
  const { url } = await serve(files(folder));
  const { ask, questions, shown } = setup({ feed: url, key: setting });
  await ask("checkForUpdate", undefined);
  writeFileSync(join(folder, NEWER), "imagf");
  expect(await ask("installFoundUpdate", undefined)).toBe(false);
  expect(questions).toEqual([expect.objectContaining({ message: "The update was not installed" })]);
  expect(questions[0]?.detail).toContain("is not the file that SHA256SUMS lists");
  expect(shown).toEqual([]);
});

test("a list that somebody else signed finds nothing, and says so to whoever looks", async () => {
  const { setting } = makeKey();
  const folder = release({ [NEWER]: "image" }, makeKey().secret);
  const { url } = await serve(files(folder));
  const { ask, questions, notes } = setup({ feed: url, key: setting });
  const state = await ask("checkForUpdate", undefined);
  expect(state).toMatchObject({ found: null, checked: null });
  expect(state.problem).toContain("is not signed by the key");
  expect([questions, notes]).toEqual([[], []]);
});

test("a redirect is not followed", async () => {
  const { secret, setting } = makeKey();
  const other = await serve(files(release({ [NEWER]: "image" }, secret)));
  const { url } = await serve((_request, response) =>
    response.writeHead(302, { location: `${other.url}/SHA256SUMS` }).end(),
  );
  const { ask } = setup({ feed: url, key: setting });
  expect((await ask("checkForUpdate", undefined)).problem).toContain("leads elsewhere");
  expect(other.asked).toEqual([]);
});

test("a feed that is away, one without a list, and one that never ends are quiet states", async () => {
  const { setting } = makeKey();
  const away = setup({ feed: "http://127.0.0.1:1/outpost", key: setting });
  expect((await away.ask("checkForUpdate", undefined)).problem).toContain("cannot be read");
  const empty = await serve(files(temporaryFolder()));
  const without = setup({ feed: empty.url, key: setting });
  expect((await without.ask("checkForUpdate", undefined)).problem).toContain("the answer is 404");
  const endless = await serve((_request, response) => void response.write(Buffer.alloc(200 * 1024)));
  const large = setup({ feed: endless.url, key: setting });
  expect((await large.ask("checkForUpdate", undefined)).problem).toContain("larger than 131072 bytes");
  for (const { questions, notes } of [away, without, large]) expect([questions, notes]).toEqual([[], []]);
});

test("a feed without a key is not asked", async () => {
  const { url, asked } = await serve((_request, response) => response.end());
  const { ask } = setup({ feed: url });
  expect((await ask("checkForUpdate", undefined)).problem).toContain("update_key is not set");
  expect(asked).toEqual([]);
});

test("an older or equal version is never offered", async () => {
  const { secret, setting } = makeKey();
  const folder = release({ [APP_IMAGE("1.2.0")]: "same", [APP_IMAGE("1.1.0")]: "old" }, secret);
  const { url } = await serve(files(folder));
  const { ask } = setup({ feed: url, key: setting });
  expect(await ask("checkForUpdate", undefined)).toMatchObject({
    found: null,
    problem: null,
    checked: expect.any(Number),
  });
});

test("a download is cancelled without a word, and leaves nothing", async () => {
  const { secret, setting } = makeKey();
  const folder = release({ [NEWER]: "image" }, secret);
  const { url } = await serve((request, response) =>
    request.url?.endsWith("AppImage") ? void response.write("ima") : files(folder)(request, response),
  );
  const { ask, questions, profile, told } = setup({ feed: url, key: setting });
  await ask("checkForUpdate", undefined);
  const installing = ask("installFoundUpdate", undefined);
  await soon(() => ask("updateState", undefined)).toMatchObject({ work: { what: "downloading", done: 3 } });
  expect(told.mock.calls.map(([, state]) => state)).toContainEqual(expect.objectContaining({ found: "1.3.0" }));
  await ask("cancelUpdate", undefined);
  expect(await installing).toBe(false);
  expect(questions).toEqual([]);
  expect(readdirSync(join(profile, "updates"))).toEqual([]);
});

test("without a key no file is even chosen: how to set one is said", async () => {
  const { ask, questions } = setup({});
  expect(await ask("installUpdate", undefined)).toBe(false);
  expect(questions[0]?.detail).toContain("update_key is not set: put the public key");
});

test("a no is a no", async () => {
  const { secret, setting } = makeKey();
  const folder = release({ [NEWER]: "image" }, secret);
  writeList(folder, readFileSync(join(folder, "SHA256SUMS"), "utf8"), secret);
  const { url } = await serve(files(folder));
  const { ask, shown, opened } = setup({ feed: url, key: setting, answer: 1 });
  await ask("checkForUpdate", undefined);
  expect(await ask("installFoundUpdate", undefined)).toBe(false);
  expect([shown, opened]).toEqual([[], []]);
});
