/** The material of calls: keys, values and filters, mostly sound, sometimes not. */
import type { Fields, Json, World } from "./world.ts";

const KEYS = ["lr", "acc", "k1", "loss", "k 2", "a/b", "a.b", "UPPER", "ключ", "x-y", "a:b"];
const BAD_KEYS = [
  "",
  "a//b",
  "../x",
  "/abs",
  ".",
  "k".repeat(251),
  "k".repeat(250),
  "semi;c",
  "q?m",
  "tab\tx",
  "a,b",
  "é".repeat(130),
];
const VALUES = ["v", "V", "Adam", "adamW", "true", "0.1", "1", "日本", "it's", 'dq"x', "100%", "emoji 🚀", "a b", ""];

export const key = ({ random }: World): string => random.pick(random.chance(0.6) ? KEYS.slice(0, 3) : KEYS);

/** A key, now and then one that must be refused. */
export const anyKey = (world: World): string => (world.random.chance(0.08) ? world.random.pick(BAD_KEYS) : key(world));

/** A value; now and then a long one, whose unlike starts keep their order even where MLflow cuts it off. */
export const text = ({ random, tick }: World): string =>
  random.chance(0.12)
    ? String(tick()).padEnd(random.pick([250, 255, 256, 500, 5000, 5001, 6000, 6001, 8000, 8001, 20_001]), "x")
    : random.pick(VALUES);

export const number = ({ random }: World): Json =>
  random.pick<Json>([
    0,
    1,
    -1,
    0.5,
    1e-9,
    1e300,
    123456789,
    -0.25,
    "NaN",
    "Infinity",
    "-Infinity",
    "1.5",
    random.next(),
  ]);

export const pairs = (world: World, most = 3): Json[] =>
  world.random.times(world.random.integer(0, most), () => ({ key: anyKey(world), value: text(world) }));

export const metric = (world: World): Fields => ({
  key: anyKey(world),
  value: number(world),
  timestamp: world.tick(),
  step: world.random.pick([0, 1, 2, 5, -1, 10 ** 12]),
});

export const order = ({ random }: World, columns: readonly string[]): Json[] =>
  random.chance(0.1)
    ? [random.pick(["bogus", "", "start_time UP", "a.b.c", ";"])]
    : random.times(random.pick([1, 1, 2]), () => random.pick(columns) + random.pick(["", " ASC", " DESC", " desc"]));

export const pageSize = ({ random }: World): Json =>
  random.chance(0.1) ? random.pick<Json>([0, -1, 1_000_000]) : random.pick([1, 2, 3, 5, 50]);

const quoted = (world: World, word: string): string =>
  /^\w+$/.test(word) && world.random.chance(0.6) ? word : world.random.pick([`\`${word}\``, `"${word}"`]);

const comparison = ({ random }: World): string => random.pick(["=", "!=", "LIKE", "ILIKE"]);
const inequality = ({ random }: World): string => random.pick([">", ">=", "<", "<=", "=", "!="]);

const term = (world: World, table: string, values: readonly string[]): string =>
  `${table}.${quoted(world, key(world))} ${comparison(world)} '${world.random.pick(values)}'`;

const VALUE_PATTERNS = ["v", "V", "%a%", "A%", "adam%", "_", "%", "0.1", "true"];

const runClause = (world: World): string => {
  const { random } = world;
  return random.pick([
    () => `metrics.${quoted(world, key(world))} ${inequality(world)} ${random.pick(["0", "0.5", "-1", "1e3"])}`,
    () => term(world, random.pick(["params", "param", "parameters"]), VALUE_PATTERNS),
    () => term(world, random.pick(["tags", "tag"]), VALUE_PATTERNS),
    () =>
      `${random.pick(["", "attributes.", "attr."])}${random.pick(["status", "run_name", "user_id"])} ${comparison(world)} '${random.pick(["RUNNING", "running", "F%", "me", "run-%", "RUN-_"])}'`,
    () =>
      `${random.pick(["", "attributes."])}${random.pick(["start_time", "end_time"])} ${inequality(world)} ${random.pick(["0", "1600000050000"])}`,
    () =>
      `datasets.${random.pick(["name", "digest", "context"])} ${comparison(world)} '${random.pick(["ds1", "ds%", "train"])}'`,
    () => `run_id ${random.pick(["IN", "NOT IN"])} ('${world.any("run", "x")}', 'zz')`,
    () => `params.${quoted(world, key(world))} IS ${random.pick(["", "NOT "])}NULL`,
  ])();
};

const clauses: Record<string, (world: World) => string> = {
  runs: runClause,
  experiments: (world) =>
    world.random.pick([
      () => term(world, "tags", VALUE_PATTERNS),
      () => `name ${comparison(world)} '${world.nonce}-%'`,
      () =>
        `${world.random.pick(["creation_time", "last_update_time"])} ${inequality(world)} ${world.random.pick(["0", "5000"])}`,
    ])(),
  models: (world) =>
    world.random.pick([() => term(world, "tags", VALUE_PATTERNS), () => `name ${comparison(world)} '%a%'`])(),
  versions: (world) =>
    world.random.pick([
      () => term(world, "tags", VALUE_PATTERNS),
      () => `version_number ${inequality(world)} ${world.random.pick(["0", "1", "2"])}`,
      () => `run_id = '${world.any("run", "zz")}'`,
      () => `source_path ${world.random.pick(["=", "LIKE"])} 's3://b%'`,
    ])(),
  loggedModels: (world) =>
    world.random.pick([
      () => term(world, world.random.pick(["params", "tags"]), VALUE_PATTERNS),
      () => `metrics.${quoted(world, key(world))} ${inequality(world)} 0`,
      () => `name ${comparison(world)} '${world.random.pick(["lm1", "lm%", "LM%"])}'`,
    ])(),
};

const spoil = (world: World, filter: string): string =>
  world.random.pick([
    () => filter.replace("=", ">>"),
    () => filter.replace("'", ""),
    () => filter.replace(".", ".."),
    () => filter + world.random.pick([" LIMIT 1", ";", " AND", " AND AND", " -- x"]),
    () => filter.split(" ").slice(0, -1).join(" "),
  ])();

/** Clauses joined by AND, within `scope`; about one in eight is spoiled. */
export const filter = (world: World, kind: keyof typeof clauses, scope = ""): string => {
  const make = clauses[kind];
  if (!make) throw new Error(`no clauses for ${kind}`);
  const parts = world.random.times(world.random.pick([0, 1, 1, 1, 1, 2, 2, 3]), () => make(world));
  const joined = parts.join(world.random.pick([" AND ", " and "]));
  const whole = [scope, parts.length > 0 && world.random.chance(0.12) ? spoil(world, joined) : joined];
  return whole.filter((part) => part !== "").join(" AND ");
};
