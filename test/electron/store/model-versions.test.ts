import { expect, test } from "vitest";
import { createModelVersionStore, type NewModelVersion } from "../../../electron/store/model-versions.ts";
import { createRegisteredModelStore } from "../../../electron/store/registered-models.ts";
import { setupStore } from "../../helpers/store.ts";

const setup = () => {
  const { db } = setupStore();
  const models = createRegisteredModelStore(db);
  const versions = createModelVersionStore(db);
  const model = models.insert("m", "", 1).id;
  const add = (version: number, extra: Partial<NewModelVersion> = {}): number =>
    versions.insert({
      model,
      version,
      semver: `1.0.${version}`,
      description: "",
      source: "s3://b/m",
      run_id: "",
      run_link: "",
      model_id: null,
      creation_timestamp: version,
      ...extra,
    });
  return { db, models, versions, model, add };
};

test("the highest semver is the highest by numbers, and a release stands above its pre-releases", () => {
  const { versions, model, add } = setup();
  expect(versions.highestSemver(model)).toBeUndefined();
  const highest = ["1.9.0", "1.10.0-rc.1", "1.10.0", "1.2.99", "10.0.0-a.1.2", "9.99.99"].map((semver, i) => {
    add(i + 1, { semver });
    return versions.highestSemver(model);
  });
  expect(highest).toEqual(["1.9.0", "1.10.0-rc.1", "1.10.0", "1.10.0", "10.0.0-a.1.2", "10.0.0-a.1.2"]);
});

test("versions in the trash are found by nothing, but keep their number and semver taken for what comes next", () => {
  const { versions, model, add } = setup();
  add(1);
  versions.trash(add(2), 5);
  expect(versions.byNumber(model, 2)).toBeUndefined();
  expect(versions.bySemver(model, "1.0.2")).toBeUndefined();
  expect(
    versions
      .latestOf([model])
      .get(model)
      ?.map((row) => row.version),
  ).toEqual([1]);
  expect(versions.highestNumber(model)).toBe(2);
  expect(versions.highestSemver(model)).toBe("1.0.2");
});

test("two live versions of a model cannot have one semver, a live and a deleted one can", () => {
  const { versions, add } = setup();
  versions.trash(add(1, { semver: "2.0.0" }), 5);
  add(2, { semver: "2.0.0" });
  expect(() => add(3, { semver: "2.0.0" })).toThrow(/UNIQUE/);
});

test("rows come in the order of the ids asked for", () => {
  const { models, versions, add } = setup();
  const [a, b, c] = [add(1), add(2), add(3)];
  expect(versions.byIds([c, a, b]).map((row) => row.id)).toEqual([c, a, b]);
  const other = models.insert("n", "", 1);
  expect(models.byIds([other.id, 1]).map((row) => row.name)).toEqual(["n", "m"]);
});

test("files are fixed by path: all below the root, nothing beside it, whatever characters it holds", () => {
  const { db, versions, add } = setup();
  const sha = "1".repeat(64);
  db.prepare("INSERT INTO blobs (sha256, size, created_at) VALUES (?, 1, 0)").run(sha);
  const put = db.prepare("INSERT INTO artifacts (path, sha256, size, modified_at) VALUES (?, ?, 1, 0)");
  const root = "0/r/artifacts/mö%_𝐦";
  for (const path of [`${root}/a`, `${root}/d/é`, `${root}.txt`, `${root}0`, `${root}x/a`, "0/r/artifacts/mö%x𝐦/a"])
    put.run(path, sha);
  const id = add(1);
  versions.fixFiles(id, root);
  expect(versions.filesOf(id).map((file) => file.path)).toEqual(["a", "d/é"]);
});

test("a page of versions and their tags is read by keys, never by a scan", () => {
  const { db } = setup();
  const plans: string[] = [];
  const recording = new Proxy(db, {
    get: (target, name) => {
      if (name !== "prepare") return Reflect.get(target, name) as unknown;
      return (sql: string) => {
        if (/^SELECT|^WITH/.test(sql)) {
          const values = Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => "[]");
          const rows = target.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
          plans.push(...rows.map(({ detail }) => detail));
        }
        return target.prepare(sql);
      };
    },
  });
  createRegisteredModelStore(recording);
  createModelVersionStore(recording);
  expect(plans.length).toBeGreaterThan(20);
  expect(
    plans.filter((detail) => detail.startsWith("SCAN") && !/json_each|wanted|VIRTUAL TABLE|stage/.test(detail)),
  ).toEqual([]);
});
