/** What the suite of all far sides is written in: objects with markers, listings read to their end, files, troubles. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import {
  MARKER,
  type FileSource,
  type NewObject,
  type Ref,
  type Remote,
  type RemoteObject,
  type Stream,
} from "../../../electron/remote/remote.ts";
import { type Point, type SyncKind, originOf } from "../../../shared/sync/doc.ts";

const WS = "a".repeat(32);
let uids = 0;
export const marker = (kind: SyncKind): string => originOf(WS, kind, (uids += 1).toString(16).padStart(32, "0"));

export const trouble = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return "none";
  } catch (error) {
    return error instanceof RemoteError ? error.trouble : String(error);
  }
};

export const all = async (
  remote: Remote,
  stream: Stream,
  between?: (page: number) => Promise<unknown>,
): Promise<RemoteObject[]> => {
  const objects: RemoteObject[] = [];
  let cursor: string | undefined;
  for (let page = 1; page < 100; page += 1) {
    const answer = await remote.list(stream, cursor);
    objects.push(...answer.objects);
    cursor = answer.next;
    if (cursor === undefined) return objects;
    await between?.(page);
  }
  throw new Error("a listing without an end");
};

export const pointsOf = async (remote: Remote, ref: Ref): Promise<Point[]> => {
  const points: Point[] = [];
  for await (const page of remote.points(ref)) {
    expect(page.length).toBeLessThanOrEqual(1000);
    points.push(...page);
  }
  return points;
};

const told = ({ key, value, timestamp, step }: Point): string =>
  [key, String(value), String(timestamp), String(step)].join("|");
export const distinct = (points: readonly Point[]): string[] => [...new Set(points.map(told))].sort();

export const fileOf = (path: string, content: string | Buffer): FileSource => {
  const bytes = Buffer.from(content);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path, size: bytes.byteLength, sha256, open: () => Readable.from([bytes], { objectMode: false }) };
};

export const refOf = ({ kind, id }: RemoteObject): Ref => ({ kind, id });

/** What does not depend on when it was asked, nor on what the asker knew of the server. */
export const core = (object: RemoteObject | undefined) => {
  const { webUrl: _page, updatedAt: _when, ...rest } = object ?? { webUrl: "", updatedAt: 0 };
  return rest;
};

const parentKind: Partial<Record<SyncKind, SyncKind>> = { run: "experiment", model_version: "registered_model" };

/** Creates an object with its marker, and what it belongs to. */
export const make = async (
  remote: Remote,
  kind: SyncKind,
  name: string,
  more: Partial<NewObject> = {},
): Promise<RemoteObject> => {
  const above = parentKind[kind];
  const parent = more.parent ?? (above ? (await make(remote, above, `${name}-parent`)).id : null);
  const fields = { ...more.fields, [`tag/${MARKER}`]: marker(kind) };
  return remote.create({ kind, name: kind === "model_version" ? (more.name ?? "1.2.3") : name, parent, fields });
};

export const kinds: readonly SyncKind[] = ["experiment", "run", "registered_model", "model_version"];

/** Values that some server keeps and another does not. */
export const values: readonly (readonly [SyncKind, string, string])[] = [
  ["experiment", "tag/plain", "v"],
  ["experiment", "tag/blank", " "],
  ["run", "tag/유니코드 🦆", "값\n둘"],
  ["run", "tag/long", "x".repeat(5001)],
  ["run", "tag/fits", "x".repeat(4999)],
  ["run", "tag/gitlab.CI_JOB_ID", "1"],
  ["run", "param/lr", "0.1"],
  ["run", "param/empty", ""],
  ["run", "param/long", "p".repeat(251)],
  ["run", `param/${"k".repeat(251)}`, "v"],
  ["run", "status", "FINISHED"],
  ["run", "status", "NAPPING"],
  ["run", "end_time", "1700000000123"],
  ["run", "user_id", "somebody"],
  ["run", "run_id", "f".repeat(32)],
  ["run", "dataset/d/1", '{"source":"s"}'],
  ["registered_model", "description", "Text of a model.\nTwo lines."],
  ["registered_model", "description", "x".repeat(10_001)],
  ["registered_model", "tag/later", "came after the model"],
  ["registered_model", "tag/outpost.t.1.aaaaaaaa", '{"v":1}'],
  ["registered_model", "alias/champion", "1.2.3"],
  ["model_version", "description", "Text of a version."],
  ["model_version", "tag/later", "came after the version"],
  ["model_version", "tag/outpost.t.1.aaaaaaaa", '{"v":1}'],
  ["model_version", "tag/gitlab.version", "1.2.3"],
  ["model_version", "stage", "Production"],
  ["model_version", "param/depth", "3"],
  ["model_version", "run_tag/kind", "cnn"],
];

/** Files that some server keeps and another does not. */
export const paths = [
  "plain.txt",
  "with blank.txt",
  "folder/deep/file.bin",
  "모델.txt",
  "a+b~c.txt",
  "../up.txt",
  "100%.txt",
];
