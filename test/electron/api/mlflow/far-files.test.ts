import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { FarFile, FarFiles, Patience } from "../../../../electron/api/mlflow/far-files.ts";
import { DomainError } from "../../../../shared/errors.ts";
import { portOf, PROXY, ROOT, setupArtifactApi } from "../../../helpers/setup-artifacts.ts";

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
const sha256 = createHash("sha256").update(bytes).digest("hex");
const PATH = `${ROOT}/far/model.bin`;
const URL_PATH = `${PROXY}/${PATH}`;

/** One file elsewhere, which comes as the test lets it. */
const setup = async ({
  patience = { whole: 10_000, first: 20_000 },
  digest = sha256,
}: { patience?: Patience; digest?: string | null } = {}) => {
  let come = Buffer.alloc(0);
  const asked: { signals: AbortSignal[]; tell: ((total: number) => void)[] } = { signals: [], tell: [] };
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const file: FarFile = {
    size: bytes.byteLength,
    sha256: digest,
    remote: "lab",
    fetch: (signal, onBytes) => {
      asked.signals.push(signal);
      asked.tell.push(onBytes);
      begun.resolve();
      return Promise.race([
        end.promise,
        new Promise<void>((_, fail) => signal.addEventListener("abort", () => fail(signal.reason as Error))),
      ]);
    },
    peek: (from, most) => Promise.resolve(Buffer.from(come.subarray(from, from + most))),
  };
  const far: FarFiles = {
    list: (folder) =>
      folder === ROOT
        ? [{ name: "far", size: null }]
        : folder === `${ROOT}/far`
          ? [{ name: "model.bin", size: bytes.byteLength }]
          : [],
    find: (path) => (path === PATH ? file : undefined),
  };
  const api = setupArtifactApi({ far, patience });
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${portOf(api.app)}`;
  return {
    ...api,
    url,
    asked,
    begun: begun.promise,
    /** So many bytes are here by now. */
    arrive: (total: number, from = bytes): void => {
      come = Buffer.from(from.subarray(0, total));
      for (const tell of asked.tell) tell(total);
    },
    land: async (): Promise<void> => {
      await api.put(PATH, bytes);
      end.resolve();
    },
    fail: (error: Error): void => end.reject(error),
  };
};

test("a file that comes soon is answered whole, with its digest; then it is here", async () => {
  const { url, begun, land, asked } = await setup();
  const answer = fetch(url + URL_PATH);
  await begun;
  await land();
  expect((await answer).headers.get("etag")).toBe(`"${sha256}"`);
  expect(Buffer.from(await (await answer).arrayBuffer()).equals(bytes)).toBe(true);
  expect((await fetch(url + URL_PATH)).status).toBe(200);
  expect(asked.signals).toHaveLength(1);
});

test("a file that takes long is sent while it comes, but never to its end before it is checked", async () => {
  const { url, begun, arrive, land } = await setup({ patience: { whole: 0, first: 20_000 } });
  const answering = fetch(url + URL_PATH);
  await begun;
  arrive(200_000);
  const answer = await answering;
  expect(answer.headers.get("content-length")).toBe("300000");
  const reader = answer.body?.getReader();
  const parts: Uint8Array[] = [];
  const read = async (): Promise<boolean> => {
    const { value, done = true } = (await reader?.read()) ?? {};
    if (value) parts.push(value);
    return done;
  };
  const sum = (): number => parts.reduce((total, part) => total + part.byteLength, 0);
  while (sum() < 200_000) await read();
  arrive(300_000);
  while (sum() < 300_000 - 64 * 1024) await read();
  const last = read();
  expect(await Promise.race([last, new Promise((go) => setTimeout(go, 50, "held back"))])).toBe("held back");
  await land();
  await last;
  while (!(await read()));
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
});

test.each([
  ["is damaged or cannot be brought to its end", false],
  ["begins anew with other bytes", true],
])("an answer under way whose file %s is cut off, not completed", async (_what, anew) => {
  const { url, begun, arrive, fail, land } = await setup({ patience: { whole: 0, first: 20_000 } });
  const answering = fetch(url + URL_PATH);
  await begun;
  arrive(200_000, Buffer.alloc(300_000));
  const isCut = expect((await answering).arrayBuffer()).rejects.toThrow("terminated");
  if (anew) {
    arrive(10);
    arrive(300_000);
    await land();
  } else fail(new DomainError("not_found", "The bytes do not fit"));
  await isCut;
});

test("what cannot come is told in MLflow's form; what sends nothing at all is told to come again", async () => {
  const gone = await setup();
  const refused = fetch(gone.url + URL_PATH);
  await gone.begun;
  gone.fail(new DomainError("not_found", "'far/model.bin' is on the remote 'lab' only"));
  expect((await refused).status).toBe(404);
  expect(await (await refused).json()).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
  const silent = await setup({ patience: { whole: 0, first: 0 } });
  const late = await fetch(silent.url + URL_PATH);
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ message: expect.stringMatching(/remote 'lab' only.*open it again/) });
});

test("who hangs up stops waiting; a question for the head alone or for known bytes fetches nothing", async () => {
  const { url, begun, asked } = await setup();
  const leaving = new AbortController();
  const answer = fetch(url + URL_PATH, { signal: leaving.signal });
  await begun;
  leaving.abort();
  await expect(answer).rejects.toThrow("aborted");
  await expect.poll(() => asked.signals[0]?.aborted).toBe(true);
  const head = await fetch(url + URL_PATH, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "300000"]);
  expect((await fetch(url + URL_PATH, { headers: { "if-none-match": `"${sha256}"` } })).status).toBe(304);
  expect(asked.signals).toHaveLength(1);
});

test("a range waits for the whole, and is answered from it", async () => {
  const { url, begun, land, arrive } = await setup({ patience: { whole: 0, first: 20_000 }, digest: null });
  const answer = fetch(url + URL_PATH, { headers: { range: "bytes=10-19" } });
  await begun;
  arrive(100_000);
  await land();
  expect((await answer).status).toBe(206);
  expect(Buffer.from(await (await answer).arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
});

test("listings name what is here and what is elsewhere, once each", async () => {
  const { url, put } = await setup();
  await put(`${ROOT}/far/a.txt`, "here");
  const list = async (path: string): Promise<unknown> => (await fetch(`${url}${PROXY}?path=${path}`)).json();
  expect(await list(ROOT)).toEqual({ files: [{ path: "far", is_dir: true }] });
  expect(await list(`${ROOT}/far`)).toEqual({
    files: [
      { path: "a.txt", is_dir: false, file_size: 4 },
      { path: "model.bin", is_dir: false, file_size: 300_000 },
    ],
  });
});
