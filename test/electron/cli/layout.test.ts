import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { openSession } from "../../../electron/host/session.ts";
import { version } from "../../../electron/host/version.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { chunksOf } from "../../helpers/setup-artifacts.ts";

const caller = { actor: "uid:1", surface: "test" };

/** A data folder with one run whose `model/` is version 1 of "churn", with the alias "best". */
const setup = async () => {
  process.umask(0o077); // as every command does first
  const dataDir = temporaryFolder();
  const session = await openSession({ dataDir, flags: {}, env: {}, version }, { now: Date.now, toPerson: () => {} });
  const { writer, domains } = session.services;
  const run = await writer.write(caller, () => domains.runs.create({ experiment_id: "0", tags: [] }));
  const runId = run.run_id;
  for (const [path, text] of [
    ["model/MLmodel", "flavors:"],
    ["model/data/con", "c"],
    ["plot.txt", "plot"],
  ] as const) {
    const blob = await domains.artifacts.receive(chunksOf(Buffer.from(text)), {});
    await writer.write(caller, () => domains.artifacts.put(`0/${runId}/artifacts/${path}`, blob));
    blob.release();
  }
  await writer.write(caller, () => {
    domains.registry.models.create({ name: "churn", tags: [] });
    domains.registry.versions.create({ name: "churn", source: `runs:/${runId}/model`, run_id: runId, tags: [] });
    domains.registry.models.setAlias("churn", "best", "1");
  });
  await session.close();
  const folder = temporaryFolder();
  const layout = async (source: string, dir: string, ...flags: string[]) => {
    const [out, err]: string[][] = [[], []];
    const code = await runCli(["layout", source, join(folder, dir), "--data-dir", dataDir, ...flags], {
      out: (line) => out?.push(line),
      err: (line) => err?.push(line),
      env: {},
    });
    return { code, out: out?.join("\n"), err: err?.join("\n") };
  };
  return { runId, folder, layout };
};

test("a run, a part of it, a version and an alias are laid out as plain folders", async () => {
  const { runId, folder, layout } = await setup();
  expect(await layout(runId, "run")).toEqual({
    code: 0,
    out: `outpost: laid out 3 files, 0.0 MB, in ${join(folder, "run")}`,
    err: "",
  });
  expect(readFileSync(join(folder, "run", "model", "data", "con"), "utf8")).toBe("c");
  expect(statSync(join(folder, "run")).mode & 0o077).toBe(0);
  for (const [source, dir] of [
    [`runs:/${runId}/model`, "part"],
    ["models:/churn/1", "version"],
    ["models:/churn@best", "alias"],
  ] as const) {
    expect((await layout(source, dir)).code).toBe(0);
    expect(readFileSync(join(folder, dir, "MLmodel"), "utf8")).toBe("flavors:");
  }
  expect((await layout("models:/churn/1/data", "below")).code).toBe(0);
  expect(readFileSync(join(folder, "below", "con"), "utf8")).toBe("c");
  const portable = await layout("models:/churn/1", "portable", "--portable", "--json");
  expect(JSON.parse(portable.out ?? "")).toMatchObject({
    files: 2,
    bytes: 9,
    renamed: [{ path: "data/con", file: "data/%63on" }],
  });
});

test("what cannot be laid out is one line and exit code 1", async () => {
  const { runId, folder, layout } = await setup();
  for (const [source, dir, line] of [
    ["0".repeat(32), "a", /not found/],
    ["models:/churn/7", "a", /not found/],
    ["models:/nobody/1", "a", /not found/],
    ["somewhere", "a", /names no files/],
    [`runs:/${runId}/../x`, "a", /Invalid path/],
    ["models:/churn/1/../x", "a", /Invalid path/],
    [`runs:/${runId}/nothing`, "a", /no artifacts/],
    [runId, ".", /not an empty folder|laid out/],
  ] as const) {
    const { code, err, out } = await layout(source, dir);
    expect(`${err}${out}`).toMatch(line);
    if (dir === "a") expect([code, existsSync(join(folder, "a"))]).toEqual([1, false]);
  }
});
