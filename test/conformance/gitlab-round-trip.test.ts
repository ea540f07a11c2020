/**
 * What the real client logged goes to GitLab's double over HTTP and into a fresh folder: both folders export the same, in
 * the canonical form of a bundle's objects.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPython } from "../helpers/python.ts";
import { type GitlabDouble, startGitlabDouble } from "../doubles/gitlab/start.ts";
import { heal, TOKEN } from "../faults/sync/cell.ts";
import { type Json, startStation, type Station } from "../faults/sync/station.ts";
import { writesOf } from "../faults/sync/work.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "outpost-round-trip-"));
const stations: Station[] = [];
let double: GitlabDouble;

beforeAll(async () => {
  double = await startGitlabDouble([]);
});
afterAll(async () => {
  for (const station of stations) {
    await station.stop();
    station.remove();
  }
  await double?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const openStation = async (): Promise<Station> => {
  const station = await startStation();
  stations.push(station);
  return station;
};

const connect = (station: Station): Promise<Json> =>
  station.addRemote({ url: double.url, token: double.token(TOKEN), files: "all" });

/** Revisions count what happened in one folder; everything else is to be the same in both. */
const objectOf = ({ rev: _, ...object }: Json): Json => object;

/** Every object of a station with its points, as its bundle says. The Default experiment is each folder's own. */
const exportOf = async (station: Station): Promise<readonly Json[]> => {
  const { ticket, job } = await station.call("POST", "/api/outpost/v1/bundles/create", { all: true });
  await expect
    .poll(async () => (await station.call("GET", `/api/outpost/v1/jobs/${String(job.job_id)}`)).ended_at ?? null, {
      timeout: 60_000,
    })
    .not.toBeNull();
  const { label } = await station.call("GET", `/api/outpost/v1/bundles/results/${String(ticket)}`);
  expect([label.verified, label.left_out]).toEqual([true, []]);
  const [name = ""] = readdirSync(join(station.dataDir, "bundles"), { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".tar"),
  );
  const tar = join(station.dataDir, "bundles", name);
  const { stdout: list } = await run("tar", ["-tf", tar]);
  const path = list.split("\n").find((each) => each.endsWith("data/objects.jsonl")) ?? "";
  const { stdout } = await run("tar", ["-xOf", tar, path], { maxBuffer: 2 ** 26 });
  const objects: Json[] = [];
  for (const line of stdout
    .trim()
    .split("\n")
    .map((each): Json => JSON.parse(each))) {
    if (line.t === "object") objects.push({ ...objectOf(line), points: [] });
    if (line.t === "points") objects.at(-1)?.points.push(...line.p);
  }
  return objects
    .filter(({ label }) => label !== "Default")
    .toSorted((one, other) => (`${one.kind} ${one.uid}` < `${other.kind} ${other.uid}` ? -1 : 1));
};

const logged = (objects: readonly Json[], kind: string, label: string): Json =>
  objects.find((each) => each.kind === kind && each.label === label);

describe("from one folder by way of GitLab into a fresh one", { timeout: 600_000 }, () => {
  test("the export of the fresh folder is the export of the first", async () => {
    const one = await openStation();
    const script = join(import.meta.dirname, "gitlab/log_everything.py");
    await runPython([script], { trackingUri: one.url(), cwd: folder, timeoutMs: 300_000 });
    await connect(one);
    await heal(one, {});
    const before = await exportOf(one);

    const other = await openStation();
    await connect(other);
    await heal(other, { what: "pull" });
    expect(await exportOf(other)).toEqual(before);

    const load = (name: string): string =>
      `mlflow.pyfunc.load_model("models:/Doubler-1${name}").predict(numpy.array([[3.0]])).tolist()`;
    const loads = `import mlflow, numpy; print(${["@champion", "/2.1.0", "/Staging"].map(load).join(", ")})`;
    const told = await runPython(["-c", loads], { trackingUri: other.url(), cwd: folder });
    expect(told.trim()).toBe("[[6.0]] [[6.0]] [[6.0]]");

    // what is compared holds what GitLab cannot
    const renamed = logged(before, "run", "second name 나");
    expect(renamed.points.filter(([key]: Json) => key === "loss").map(([, , , value]: Json) => value)).toEqual(
      expect.arrayContaining(["NaN", "Infinity", "-Infinity", "1e+308"]),
    );
    expect(renamed.fields).toMatchObject({ "tag/stage": "two", "tag/late": "" });
    expect(renamed.fields).not.toHaveProperty("tag/gone");
    expect(renamed.fields["param/long"]).toHaveLength(6000);
    expect(renamed.files.map(([path]: Json) => path)).toEqual(expect.arrayContaining(["out/하위/b c/empty"]));
    expect(before.filter(({ kind }) => kind === "run")).toHaveLength(5);
    expect(before.filter(({ kind }) => kind === "model_version")).toHaveLength(2);

    const writes = await writesOf(double);
    for (const station of [one, other]) await heal(station, {});
    expect(await writesOf(double), "writes of one more sync of each").toBe(writes);
    expect(await exportOf(other)).toEqual(before);
  });
});
