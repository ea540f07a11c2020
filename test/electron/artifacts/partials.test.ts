import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createPartials } from "../../../electron/artifacts/partials.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { setupSyncFolder } from "../../helpers/sync-folder.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { RUN, sha256 } from "../sync/local-samples.ts";

test("a download survives a restart; one that nobody wants goes after a week", async () => {
  const root = temporaryFolder();
  const db = openWriter(":memory:");
  const before = setupSyncFolder({ folder: root, db });
  for (const digest of [sha256("wanted"), sha256("unwanted"), sha256("young")])
    await before.local.partial(digest).append(0, Readable.from([Buffer.from("half")]));
  const folder = join(root, "partial");
  expect(statSync(join(folder, sha256("young"))).mode & 0o777).toBe(0o600);
  const remote = await before.write(
    () => before.sync.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://hub" }).id,
  );
  await before.write(() => before.sync.files.put(remote, RUN, [{ path: "a", size: 9, sha256: sha256("wanted") }]));
  for (const digest of ["wanted", "unwanted"]) utimesSync(join(folder, sha256(digest)), 1_600_000_000, 1_600_000_000);
  const { local } = setupSyncFolder({ folder: root, db });
  expect(["wanted", "unwanted", "young"].map((name) => local.partial(sha256(name)).size())).toEqual([4, 0, 4]);
});

test("a partial file never follows a link, and its folder is no link", async () => {
  const root = temporaryFolder();
  const outside = join(temporaryFolder(), "outside");
  writeFileSync(outside, "precious");
  mkdirSync(join(root, "partial"));
  symlinkSync(outside, join(root, "partial", sha256("x")));
  const { local } = setupSyncFolder({ folder: root });
  await expect(local.partial(sha256("x")).append(0, Readable.from([Buffer.from("evil")]))).rejects.toThrow();
  expect(() => local.partial("../../etc/passwd")).toThrow("not a sha256 digest");
  expect(readdirSync(join(root, "partial"))).toEqual([sha256("x")]);
  const linked = temporaryFolder();
  symlinkSync(temporaryFolder(), join(linked, "partial"));
  const partials = createPartials({
    root: linked,
    blobs: { adopt: () => Promise.resolve(), sizeOnDisk: () => undefined },
  });
  await expect(partials.open(sha256("x")).append(0, Readable.from([]))).rejects.toThrow("not a link");
});

test("a download whose digest was not known waits under another one", async () => {
  const { local } = setupSyncFolder();
  const partial = local.partial(sha256("a place holder"));
  await partial.append(0, Readable.from([Buffer.from("weights")]));
  await partial.finish({ sha256: sha256("weights"), size: 7 });
  await partial.finish({ sha256: sha256("weights"), size: 7 }); // again, after a crash before it was landed
  expect([local.hasBytes(sha256("weights")), local.hasBytes(sha256("a place holder"))]).toEqual([true, false]);
});
