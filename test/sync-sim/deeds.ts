/** What people do on a workstation, and what somebody else does on the far side. Each deed is noted in the book. */
import type { MemoryWorld } from "../../electron/remote/memory.ts";
import { DomainError } from "../../shared/errors.ts";
import { originOf, type FieldChanges, type Fields, type LocalDoc, type Point, type SyncKind } from "../../shared/sync/doc.ts"; // prettier-ignore
import type { Book } from "./book.ts";
import { stored } from "./far-side.ts";
import type { Random } from "./random.ts";
import type { Station } from "./station.ts";

export const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.below(16).toString(16)).join("");

const LONG = "lorem ipsum ".repeat(40).trim();
const VERY_LONG = "dolor sit amet ".repeat(400).trim();

const text = (random: Random): string =>
  random.pick([hex(random, 4), hex(random, 4), `ünï ${hex(random, 3)} 🌡`, `${hex(random, 3)} ${LONG}`]);
const longText = (random: Random): string => (random.chance(0.05) ? `${hex(random, 3)} ${VERY_LONG}` : text(random));

const STATUSES = ["RUNNING", "FINISHED", "FAILED", "KILLED"] as const;
const STAGES = ["None", "Staging", "Production", "Archived"] as const;

const tagChange = (random: Random): FieldChanges => ({
  [`tag/${random.pick(["team", "note", "x/y", hex(random, 2)])}`]: random.chance(0.25) ? null : random.chance(0.05) ? "" : text(random), // prettier-ignore
});

const fieldChanges = (random: Random, doc: LocalDoc, versions: readonly string[]): FieldChanges => {
  const label = `w-${hex(random, 6)}`;
  switch (doc.kind) {
    case "experiment":
      return doc.label !== "Default" && random.chance(0.25) ? { name: label } : tagChange(random);
    case "run":
      return random.pick([
        tagChange(random),
        { name: label },
        { [`param/p${random.below(20)}-${hex(random, 2)}`]: longText(random) },
        { status: random.pick(STATUSES), end_time: String(1_700_000_000_000 + random.below(1e9)) },
      ]);
    case "registered_model":
      return random.pick([
        tagChange(random),
        { description: longText(random) },
        { name: label },
        versions.length > 0 ? { [`alias/${random.pick(["champion", "best"])}`]: random.chance(0.2) ? null : random.pick(versions) } : tagChange(random), // prettier-ignore
      ]);
    default:
      return random.pick([
        tagChange(random),
        { description: longText(random) },
        { stage: random.pick(STAGES) },
        { [`param/p${random.below(20)}-${hex(random, 2)}`]: text(random) },
      ]);
  }
};

const points = (random: Random): readonly Point[] => {
  const all = Array.from({ length: 1 + random.below(25) }, (): Point => ({
    key: random.pick(["loss", "acc", "val/loss"]),
    step: random.chance(0.03) ? 9_007_199_254_740_993n : random.below(1000),
    timestamp: 1_700_000_000_000 + random.below(1e9),
    value: random.chance(0.06) ? random.pick([NaN, Infinity, -Infinity]) : random.pick([random.next(), -0, 1e300, 0.1]),
  }));
  const [first] = all;
  return first && random.chance(0.3) ? [...all, first] : all;
};

const newFields = (random: Random, kind: SyncKind, name: string): Fields => {
  const tag = random.chance(0.4) ? { "tag/team": text(random) } : {};
  if (kind === "run")
    return {
      name,
      status: random.pick(STATUSES),
      start_time: String(1_700_000_000_000 + random.below(1e9)),
      user_id: "ann",
      "param/lr": text(random),
      ...tag,
    };
  if (kind === "model_version") return { semver: name, description: text(random), ...tag };
  return { name, ...(kind === "registered_model" && { description: longText(random) }), ...tag };
};

const KINDS = ["experiment", "run", "registered_model", "model_version"] as const;

export interface DeedDeps {
  readonly world: MemoryWorld;
  readonly book: Book;
  readonly clashes: boolean;
  readonly ceiling: boolean;
}

export type Deeds = ReturnType<typeof createDeeds>;

export const createDeeds = ({ world, book, clashes, ceiling }: DeedDeps) => {
  const active = (station: Station, kind: SyncKind): readonly LocalDoc[] =>
    station.docsOf(kind).filter((doc) => !doc.trashed);
  const anyOf = (station: Station, random: Random, kinds: readonly SyncKind[] = KINDS): LocalDoc | undefined => {
    const all = kinds.flatMap((kind) => active(station, kind));
    return all.length > 0 ? random.pick(all) : undefined;
  };

  /** People are told when something cannot be; then it did not happen. */
  const attempt = async (deed: () => Promise<unknown>, done: () => void): Promise<void> => {
    try {
      await deed();
      done();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  };

  const nameFor = (station: Station, random: Random, kind: SyncKind): string => {
    if (kind === "model_version") return `${clashes ? random.below(3) : station.index}.${random.below(clashes ? 3 : 1000)}.0`; // prettier-ignore
    return clashes && random.chance(0.3)
      ? random.pick(["shared-a", "shared-b"])
      : `w${station.index}-${hex(random, 5)}`;
  };

  const create = async (station: Station, random: Random, kind: SyncKind): Promise<void> => {
    const above = kind === "run" ? "experiment" : kind === "model_version" ? "registered_model" : undefined;
    const parents = above ? active(station, above) : [];
    const parent = parents.length > 0 ? random.pick(parents) : undefined;
    if (above && !parent) return;
    const uid = hex(random, 32);
    const nested = kind === "run" && random.chance(0.2) ? anyOf(station, random, ["run"]) : undefined;
    const fields = {
      ...newFields(random, kind, nameFor(station, random, kind)),
      ...(nested?.fields["run_id"] !== undefined && { "tag/mlflow.parentRunId": nested.fields["run_id"] }),
      ...(ceiling && { "tag/classification": random.pick(["public", "public", "official", "secret"]) }),
    };
    const origin = originOf(station.workstation, kind, uid);
    await attempt(
      () => station.local.write((writes) => writes.create({ kind, uid, origin, parent: parent?.uid ?? null, fields })),
      () => book.edit({ who: station.index, kind, id: uid }, fields),
    );
  };

  const edit = async (station: Station, random: Random): Promise<void> => {
    const doc = anyOf(station, random);
    if (!doc) return;
    const versions = active(station, "model_version").filter(({ parent }) => parent === doc.uid);
    const semvers = versions.flatMap(({ fields }) => fields["semver"] ?? []);
    const changes = fieldChanges(random, doc, semvers);
    await attempt(
      () => station.local.write((writes) => writes.set(doc, changes, {})),
      () => book.edit({ who: station.index, kind: doc.kind, id: doc.uid }, changes),
    );
  };

  const addPoints = async (station: Station, random: Random): Promise<void> => {
    const doc = anyOf(station, random, ["run"]);
    if (!doc) return;
    const all = points(random);
    await attempt(
      () => station.local.write((writes) => writes.addPoints(doc, all)),
      () => book.addPoints({ who: station.index, kind: doc.kind, id: doc.uid }, all),
    );
  };

  const addFile = async (station: Station, random: Random): Promise<void> => {
    const doc = anyOf(station, random, ["run", "model_version"]);
    if (!doc) return;
    const bytes = Buffer.alloc(random.pick([0, 1, 40, 3000]), hex(random, 8));
    const path = `${random.pick(["", "model/"])}w${station.index}-${hex(random, 4)}.bin`;
    const sha256 = station.files.add(bytes);
    let refused: readonly string[] = [];
    await attempt(
      () => station.local.write((writes) => {
        refused = writes.bindFiles(doc, [{ path, size: bytes.byteLength, sha256, here: true }]);
      }), // prettier-ignore
      () => {
        if (refused.length === 0) book.addFile({ who: station.index, kind: doc.kind, id: doc.uid }, path, sha256);
      },
    );
  };

  const toTrash = (station: Station, { kind, label, fields, parent }: LocalDoc): void => {
    const { runs, experiments, registry } = station.domains;
    if (kind === "run") runs.trash(fields["run_id"] ?? "");
    else if (kind === "experiment") experiments.trash(String(station.stores.experiments.byName(label)?.id ?? -1));
    else if (kind === "registered_model") registry.models.trash(label);
    else {
      const model = station.local.read({ kind: "registered_model", uid: parent ?? "" });
      registry.versions.trash(model?.label ?? "", fields["number"] ?? "");
    }
  };

  const trash = async (station: Station, random: Random): Promise<void> => {
    const doc = anyOf(station, random);
    if (!doc || doc.label === "Default") return;
    await attempt(() => station.write(() => toTrash(station, doc)), () => book.trashed.add(doc.uid)); // prettier-ignore
  };

  const restore = async (station: Station, random: Random): Promise<void> => {
    const all = [...station.docsOf("run"), ...station.docsOf("experiment")].filter((doc) => doc.trashed);
    const doc = all.length > 0 ? random.pick(all) : undefined;
    if (!doc) return;
    const { runs, experiments } = station.domains;
    const id = (): string => String(station.stores.experiments.byName(doc.label)?.id ?? -1);
    await attempt(
      () => station.write(() => doc.kind === "run" ? runs.restore(doc.fields["run_id"] ?? "") : experiments.restore(id())), // prettier-ignore
      () => {},
    );
  };

  const consent = async (station: Station, random: Random, remote: number): Promise<void> => {
    const all = KINDS.flatMap((kind) => station.docsOf(kind)).filter((doc) => doc.trashed);
    const doc = all.length > 0 ? random.pick(all) : undefined;
    const id = doc && station.state.objects.find(remote, doc)?.remote_id;
    if (!doc || id == null) return;
    await station.write(() => station.state.consents.give(remote, doc, id, "somebody", station.clock.now()));
  };

  const far = {
    add: (random: Random): void => {
      const kind = random.pick(KINDS);
      const above = kind === "run" ? "experiment" : kind === "model_version" ? "registered_model" : undefined;
      const parents = above ? stored(world, above) : [];
      if (above && parents.length === 0) return;
      const parent = above ? random.pick(parents).id : null;
      const name =
        kind === "model_version" ? `${7 + random.below(2)}.${random.below(1000)}.0` : `far-${hex(random, 5)}`;
      const { user_id: _, ...fields } = newFields(random, kind, name) as Record<string, string>;
      if (stored(world, kind).some((one) => one.parent === parent && one.fields.get("semver") === name)) return;
      const made = world.add({ kind, name, parent, fields });
      book.edit({ who: "far", kind, id: made.id }, fields);
    },
    edit: (random: Random): void => {
      const all = stored(world);
      if (all.length === 0) return;
      const one = random.pick(all);
      const deed = { who: "far", kind: one.kind, id: one.id } as const;
      if (one.kind === "run" && random.chance(0.3)) {
        const some = points(random).filter(({ value, step }) => Number.isFinite(value) && Number(step) < 2 ** 31);
        world.addPoints(one, some);
        book.addPoints(deed, some);
        return;
      }
      const field = one.kind === "registered_model" || one.kind === "model_version" ? "description" : `tag/far-${hex(random, 2)}`; // prettier-ignore
      const changes = { [field]: hex(random, 6) };
      world.edit(one, changes);
      book.edit(deed, changes);
    },
    drop: (random: Random): void => {
      const all = stored(world);
      if (all.length === 0) return;
      const one = random.pick(all);
      for (const child of all) if (child.parent === one.id) book.dropped.add(child.id);
      book.dropped.add(one.id);
      world.drop(one);
    },
  };

  return { create, edit, addPoints, addFile, trash, restore, consent, far };
};
