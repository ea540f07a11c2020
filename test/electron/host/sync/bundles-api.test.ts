import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { isUpload } from "../../../../electron/api/gate/limits.ts";
import { fieldOf, textOf } from "../../../helpers/http-client.ts";
import { setupApi } from "../../../helpers/setup-api.ts";
import { password } from "../../../helpers/canary.ts";

const API = "/api/outpost/v1/bundles";
const PASSPHRASE = password("correct horse ");

/** A served store without a socket, whose caller and disk are the test's to say. */
const setup = (workstation: string) => {
  const { app, as, db, folder, services } = setupApi({ workstation: workstation.repeat(32) });

  const send = async (method: "GET" | "POST" | "DELETE", path: string, input?: object) => {
    const answer = await app.inject({
      method,
      url: path,
      ...(input && { headers: { "content-type": "application/json" }, payload: JSON.stringify(input) }),
    });
    const body: unknown = answer.json();
    return { status: answer.statusCode, body };
  };
  const put = async (name: string, payload: Buffer | Readable, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      method: "PUT",
      url: `${API}/incoming/${name}`,
      headers: { "content-type": "application/octet-stream", ...headers },
      payload,
    });
    const body: unknown = answer.json();
    return { status: answer.statusCode, body };
  };
  const started = async (path: string, input: object) => {
    const { status, body } = await send("POST", `${API}/${path}`, input);
    expect([status, body]).toEqual([200, expect.anything()]);
    await services.jobs.idle();
    const job = services.jobs.get(textOf(body, "job", "job_id"));
    return { job, ticket: textOf(body, "ticket") };
  };
  /** Starts a job, waits for its end and gives its result. */
  const result = async (path: string, input: object): Promise<unknown> => {
    const { job, ticket } = await started(path, input);
    expect([job.state, job.error]).toEqual(["done", null]);
    return (await send("GET", `${API}/results/${ticket}`)).body;
  };
  const runs = async (...names: readonly string[]) => {
    for (const run_name of names)
      expect((await send("POST", "/api/2.0/mlflow/runs/create", { experiment_id: "0", run_name })).status).toBe(200);
  };
  const made = (): Buffer => {
    const name = readdirSync(join(folder, "bundles")).find((one) => one.includes(".tar")) ?? "";
    return readFileSync(join(folder, "bundles", name));
  };
  const fetch = (name: string) => app.inject({ method: "GET", url: `${API}/made/${name}` });
  return { folder, db, services, as, send, fetch, put, started, result, runs, made };
};

test("a bundle is made, dropped elsewhere, looked at, trusted, compared, taken in, and its receipt settles", async () => {
  const [home, lab] = [setup("a"), setup("b")];
  await home.runs("one", "two");
  expect(await home.result("create", { all: true, to: "lab" })).toMatchObject({
    what: "made",
    label: { verified: true, sealed: false, counts: { run: 2 } },
  });
  const { body: list } = await home.send("GET", API);
  expect(list).toMatchObject({ folder: join(home.folder, "bundles"), files: [{ place: "made" }] });

  const { status, body: file } = await lab.put("carried.tar", Readable.from([home.made()]));
  expect([status, file]).toMatchObject([200, { place: "incoming", name: "carried.tar", size: home.made().length }]);
  const at = { place: "incoming", name: "carried.tar" };
  const seen = await lab.result("open", { ...at, action: "verify" });
  const signer = textOf(seen, "bundle", "signer", "fingerprint");
  expect(seen).toMatchObject({ what: "verified", bundle: { signer: { trusted: false } } });
  const { body: homeKeys } = await home.send("GET", `${API}/keys`);
  expect(signer).toBe(textOf(homeKeys, "fingerprint"));

  const { job: refused } = await lab.started("open", { ...at, action: "import" });
  expect([refused.state, refused.error]).toEqual(["failed", expect.stringContaining("not known here")]);
  const trusted = await lab.send("POST", `${API}/keys/trust`, { public_key: textOf(homeKeys, "public_key") });
  expect(fieldOf(trusted.body, "trusted")).toMatchObject([{ fingerprint: signer }]);

  const planned = await lab.result("open", { ...at, action: "plan" });
  expect(planned).toMatchObject({ what: "planned", difference: { new: 2, changed: 1 }, report: null });
  const stale = await lab.started("open", { ...at, action: "import", hash: "0".repeat(64) });
  expect([stale.job.state, stale.job.error]).toEqual(["failed", expect.stringContaining("Something changed")]);
  const hash = textOf(planned, "plan");
  expect(await lab.result("open", { ...at, action: "import", hash })).toMatchObject({
    what: "imported",
    report: { pulled: 3, problems: [] },
  });

  const workstation = textOf(fieldOf((await lab.send("GET", API)).body, "workstations", "0"), "name");
  const receipt = await lab.result("receipts", { workstation });
  const bytes = readFileSync(textOf(receipt, "written", "path"));
  await home.send("POST", `${API}/keys/trust`, {
    public_key: textOf((await lab.send("GET", `${API}/keys`)).body, "public_key"),
  });
  await home.put("receipt.tar", bytes);
  const back = { place: "incoming", name: "receipt.tar", action: "import" };
  expect(await home.result("open", back)).toMatchObject({ what: "receipt_taken", taken: { settled: 3, unknown: 0 } });

  const [archive = ""] = readdirSync(join(home.folder, "bundles")).filter((one) => one.endsWith(".tar"));
  const fetched = await home.fetch(archive);
  expect(fetched.statusCode).toBe(200);
  expect(fetched.headers["content-disposition"]).toBe(`attachment; filename=${archive}`);
  expect(fetched.rawPayload.equals(home.made())).toBe(true);
  expect((await home.fetch("none.tar")).statusCode).toBe(404);
  expect((await home.send("DELETE", `${API}/made/${archive}`)).status).toBe(200);
  expect((await home.fetch(archive)).statusCode).toBe(404);

  expect((await lab.send("DELETE", `${API}/incoming/carried.tar`)).status).toBe(200);
  expect((await lab.send("DELETE", `${API}/incoming/carried.tar`)).status).toBe(404);
  const forgotten = await lab.send("POST", `${API}/keys/forget`, { fingerprint: signer });
  expect(fieldOf(forgotten.body, "trusted")).toEqual([]);
}, 60_000);

test("a passphrase seals and opens, and is in no row; a job begun again does not have it", async () => {
  const home = setup("a");
  await home.runs("one");
  await home.result("create", { all: true, passphrase: PASSPHRASE });
  await home.put("s.tar.sealed", home.made());
  const at = { place: "incoming", name: "s.tar.sealed", action: "verify" };
  const wrong = await home.started("open", { ...at, passphrase: password("wrong staple ") });
  expect(wrong.job.state).toBe("failed");
  expect(await home.result("open", { ...at, passphrase: PASSPHRASE })).toMatchObject({ what: "verified" });

  const again = await home.send("POST", `/api/outpost/v1/jobs/${wrong.job.job_id}/restart`, {});
  await home.services.jobs.idle();
  expect(home.services.jobs.get(textOf(again.body, "job_id"))).toMatchObject({
    state: "failed",
    error: expect.stringContaining("passphrase of this job is not kept"),
  });
  const tables = home.db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  const cells = tables.flatMap((table) =>
    home.db
      .prepare<[], unknown[]>(`SELECT * FROM "${table}"`)
      .raw()
      .all()
      .flat()
      .map((cell) => (Buffer.isBuffer(cell) ? cell.toString("latin1") : String(cell))),
  );
  expect(cells.filter((cell) => cell.includes(wrong.job.job_id)).length, "the rows are looked at").toBeGreaterThan(0);
  expect(cells.filter((cell) => cell.includes(PASSPHRASE) || cell.includes(password("wrong staple ")))).toEqual([]);
}, 60_000);

test("what is wrong is told at once: names, classes, blanks, an empty choice, a file that is not there", async () => {
  const { send, fetch, put, folder } = setup("a");
  const post = async (path: string, input: object) => (await send("POST", `${API}/${path}`, input)).status;
  expect(await post("create", {})).toBe(400);
  expect(await post("create", { all: true, class_max: "offical" })).toBe(400);
  expect(await post("create", { all: true, clear_max: "offical" })).toBe(400);
  expect(await post("create", { all: true, passphrase: " " })).toBe(400);
  expect(await post("create", { all: true, passphrase: "a", recipient: "b" })).toBe(400);
  expect(await post("open", { action: "verify", place: "incoming", name: "none.tar" })).toBe(404);
  expect(await post("open", { action: "verify", place: "incoming", name: "../outpost.db" })).toBe(400);
  expect(await post("open", { action: "verify", place: "elsewhere", name: "a.tar" })).toBe(400);
  expect(await post("keys/trust", { public_key: "ssh-rsa AAAA" })).toBe(400);
  expect(await post("keys/forget", { fingerprint: "SHA256:none" })).toBe(404);
  expect((await send("GET", `${API}/results/none`)).status).toBe(404);
  for (const name of ["..%2Foutpost.db", "..%2F..%2Fetc%2Fpasswd", "staging", ".partial"])
    expect([name, (await fetch(name)).statusCode]).not.toEqual([name, 200]);
  for (const name of ["..%2Fa.tar", "a%2Fb.tar", ".partial", "nul.tar", "a%5Cb.tar"])
    expect([name, (await put(name, Buffer.from("x"))).status]).toEqual([name, 400]);
  expect((await put("a.tar", Buffer.alloc(0))).status).toBe(400);
  const files = existsSync(join(folder, "bundles")) ? readdirSync(join(folder, "bundles"), { recursive: true }) : [];
  expect(files.filter((name) => !/^incoming(?:.\.partial)?$/.test(String(name)))).toEqual([]);
});

test("an upload is whole or not there, and none is begun or gone on with on a full disk", async () => {
  const { as, folder, put } = setup("a");
  as.room = false;
  const early = await put("a.tar", Buffer.from("x"));
  expect([early.status, early.body]).toMatchObject([expect.any(Number), { message: expect.stringContaining("full") }]);
  as.room = true;
  const piece = Buffer.alloc(16 * 1024 * 1024);
  const filling = function* () {
    yield piece;
    as.room = false;
    yield piece;
  };
  expect((await put("b.tar", Readable.from(filling()))).status).toBe(early.status);
  as.room = true;
  expect((await put("c.tar", Readable.from([Buffer.from("half")]), { "content-length": "9" })).status).toBe(400);
  expect(readdirSync(join(folder, "bundles", "incoming"))).toEqual([".partial"]);
  expect(readdirSync(join(folder, "bundles", "incoming", ".partial"))).toEqual([]);
  expect((await put("d.tar", Buffer.from("one"))).status).toBe(200);
  expect((await put("d.tar", Buffer.from("two"))).status).toBe(200);
  expect(readFileSync(join(folder, "bundles", "incoming", "d.tar"), "utf8")).toBe("two");
});

test("who is not proven may look, and neither trust, send, make nor take in", async () => {
  const { as, folder, send, fetch, put } = setup("a");
  await put("a.tar", Buffer.from("x"));
  as.actor = "local user, unproven";
  const at = { place: "incoming", name: "a.tar" };
  const asked: readonly (readonly [string, object])[] = [
    ["keys/trust", { public_key: "ssh-ed25519 AAAA" }],
    ["keys/forget", { fingerprint: "SHA256:x" }],
    ["create", { all: true }],
    ["open", { ...at, action: "import" }],
    ["open", { ...at, action: "plan" }],
    ["receipts", { workstation: "lab" }],
  ];
  for (const [path, input] of asked)
    expect([path, (await send("POST", `${API}/${path}`, input)).status]).toEqual([path, 403]);
  expect((await put("b.tar", Buffer.from("x"))).status).toBe(403);
  expect((await send("DELETE", `${API}/incoming/a.tar`)).status).toBe(403);
  expect((await send("DELETE", `${API}/made/a.tar`)).status).toBe(403);
  expect((await fetch("a.tar")).statusCode).toBe(403);
  expect(readdirSync(join(folder, "bundles", "incoming")).sort()).toEqual([".partial", "a.tar"]);
  expect((await send("GET", `${API}/keys`)).status).toBe(200);
  expect((await send("GET", API)).status).toBe(200);
});

test("a cancelled job ends as cancelled and leaves nothing behind", async () => {
  const { folder, services, send, runs } = setup("a");
  await runs("one");
  const { body } = await send("POST", `${API}/create`, { all: true });
  services.jobs.cancel(textOf(body, "job", "job_id"));
  await services.jobs.idle();
  expect(services.jobs.get(textOf(body, "job", "job_id")).state).toBe("cancelled");
  expect(readdirSync(join(folder, "bundles"))).toEqual([]);
});

test("the gate lets a bundle through as an upload, and nothing else of bundles", () => {
  expect(isUpload("PUT", `${API}/incoming/a.tar`)).toBe(true);
  expect(isUpload("POST", `${API}/open`)).toBe(false);
});
