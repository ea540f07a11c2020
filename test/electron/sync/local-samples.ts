/** One object of each kind with everything it can have, and how tests carry objects around. */
import { createHash } from "node:crypto";
import type { Local, LocalRef, NewLocal } from "../../../electron/sync/local.ts";
import {
  canonical,
  originOf,
  type Fields,
  type LocalDoc,
  type Point,
  type SyncKind,
} from "../../../shared/sync/doc.ts";

export const FAR = "f".repeat(32);
export const uidOf = (digit: string): string => digit.repeat(32);
export const sha256 = (bytes: string): string => createHash("sha256").update(bytes).digest("hex");

export const made = (
  kind: SyncKind,
  uid: string,
  parent: string | null,
  fields: Fields,
  workstation = FAR,
): NewLocal => ({
  kind,
  uid,
  origin: originOf(workstation, kind, uid),
  parent,
  fields,
});

export const EXPERIMENT = made("experiment", uidOf("1"), null, {
  name: "Wärme 🌡",
  "tag/team": "a\nb",
  "tag/empty": "",
});
export const MODEL_ID = `m-${"a".repeat(32)}`;
export const RUN = made("run", uidOf("2"), EXPERIMENT.uid, {
  name: "run 1",
  status: "FINISHED",
  start_time: "1700000000000",
  end_time: "9007199254740993", // beyond what a double holds
  user_id: "ann",
  run_id: "b".repeat(32),
  "param/lr": "0.1",
  "param/путь/к": "x".repeat(3000),
  "tag/mlflow.runName": "run 1",
  "tag/mlflow.parentRunId": "c".repeat(32),
  "tag/__proto__": "data",
  "dataset/train/abc": canonical({
    name: "train",
    digest: "abc",
    source_type: "local",
    source: "{}",
    schema: '{"a":1}',
    tags: [{ key: "mlflow.data.context", value: "training" }],
  }),
  [`model/output/${MODEL_ID}`]: "9007199254740995",
  [`logged_model/${MODEL_ID}`]: canonical({
    name: "forest",
    model_type: "sklearn",
    status: 2,
    created: 1_700_000_000_001,
    params: { depth: "3" },
    tags: { a: "b" },
    metrics: [{ key: "acc", value: "NaN", timestamp: "1700000000002", step: "9007199254740997", run: "" }],
  }),
});
export const MODEL = made("registered_model", uidOf("3"), null, {
  name: "Wald",
  description: "# Card",
  "tag/team": "ml",
  "alias/champion": "1.2.0",
});
export const VERSION = made("model_version", uidOf("4"), MODEL.uid, {
  semver: "1.2.0",
  number: "4",
  description: "better",
  stage: "Staging",
  status: "READY",
  user_id: "ann",
  created: "1700000000003",
  source: `mlflow-artifacts:/7/${"b".repeat(32)}/artifacts/model`,
  run_link: "https://ci.example/1",
  run: RUN.uid,
  "tag/gitlab.version": "1.2.0",
  "param/epochs": "7",
  "run_tag/stage": "eval",
});
export const POINTS: readonly Point[] = [
  { key: "acc", value: 0.5, timestamp: 1_700_000_000_000, step: 0 },
  { key: "acc", value: 0.75, timestamp: 1_700_000_000_001, step: 9007199254740993n },
  { key: "loss", value: -Infinity, timestamp: 1, step: -3 },
  { key: "loss", value: NaN, timestamp: 2, step: 1 },
  { key: "loss", value: Infinity, timestamp: 2, step: 1 },
];

export const ALL = [EXPERIMENT, RUN, MODEL, VERSION];

/** Reads an object that must be there. */
export const readOf = (local: Local, ref: LocalRef): LocalDoc => {
  const doc = local.read(ref);
  if (!doc) throw new Error(`${ref.kind} ${ref.uid} is not there`);
  return doc;
};

export const pointsOf = (local: Local, ref: LocalRef): Point[] => [...local.points(ref)].flat();

/** A point as a text, so that NaN equals itself. */
export const text = (point: Point): string => `${point.key} ${point.step} ${point.timestamp} ${point.value}`;

/** Carries objects with their points and files from one folder to another. */
export const copyAll = async (from: Local, to: Local, refs: readonly LocalRef[]): Promise<void> => {
  for (const ref of refs) {
    const doc = readOf(from, ref);
    for (const file of doc.files) {
      if (to.hasBytes(file.sha256)) continue;
      const partial = to.partial(file.sha256);
      await partial.append(0, from.openFile(file));
      await partial.finish(file);
    }
    await to.write((writes) => {
      writes.create({ kind: doc.kind, uid: doc.uid, origin: doc.origin, parent: doc.parent, fields: doc.fields });
      for (const page of from.points(ref)) writes.addPoints(ref, page);
      writes.bindFiles(
        ref,
        doc.files.map((file) => ({ ...file, here: true })),
      );
    });
  }
};
