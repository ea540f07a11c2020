/**
 * The table of operations × faults: for each cell the test that holds it, or why there is none. A reference names a
 * test by its file and a piece of its title, and a test of the table holds that it exists.
 */

export const operations = {
  O1: "experiment create",
  O2: "run create",
  O3: "params",
  O4: "tags",
  O5: "metrics",
  O6: "run update",
  O7: "file put",
  O8: "model create",
  O9: "version create",
  O10: "description patch",
  O11: "list, pull page",
  O12: "file get",
  O13: "bundle export",
  O14: "bundle import",
} as const;
export type Operation = keyof typeof operations;

export const faults = {
  F1: "kill -9 at every named step",
  F2: "the server never saw it",
  F3: "done, and the answer lost",
  F4: "done after the caller gave up",
  F5: "429 in all its forms",
  F6: "500, 502, 503, 504 before and after the effect",
  F7: "an answer cut, empty, a web page, no gzip, an error within a success",
  F8: "a download corrupt, short, without ranges, with another ETag",
  F9: "an upload cut, stored short, stored wrong",
  F10: "the disk is full",
  F11: "EIO on fsync",
  F12: "the clock is wrong, or set back",
  F13: "the token expires, is revoked, is another user's, may only read",
  F14: "an object deleted there; the project moved, archived, renamed",
  F15: "a second writer",
  F16: "two processes on one folder",
  F17: "page tokens expire, listings change, repeat, have gaps",
  F18: "what GitLab cannot hold",
  F19: "a hostile remote",
  F20: "proxy, certificates, downgrade",
  F21: "sleep, another network",
  F22: "upgrade with work under way; an older app on a newer folder",
  F23: "a folder restored from a backup",
  F24: "a bundle cut, changed, reordered, by another key, again, above its class",
} as const;
export type Fault = keyof typeof faults;

/** A call of the double that stands for the operation, and where it comes about. */
export interface Target {
  readonly scene: "push" | "edit" | "pull";
  readonly match: { readonly operation: string; readonly nth?: number; readonly path?: string };
  /** Its step in the engine, with its count in the scene; none where nothing is written there. */
  readonly step?: readonly [name: string, count: number];
}

const push = (operation: string, name: string, count: number, nth = 1): Target => ({
  scene: "push",
  match: { operation, nth },
  step: [name, count],
});

export const targets = {
  O1: push("experiments.create", "create", 1),
  O2: push("runs.create", "create", 2),
  O3: push("runs.log-batch", "write/param", 1),
  O4: { scene: "edit", match: { operation: "runs.log-batch" }, step: ["write/tag", 1] },
  O5: push("runs.log-batch", "points", 1, 2),
  O6: push("runs.update", "write/other", 1),
  O7: push("files.put", "file/dir/f.txt", 1),
  O8: push("models.create", "create", 3),
  O9: push("versions.create", "create", 4),
  O10: { scene: "edit", match: { operation: "models.update" }, step: ["write/other", 1] },
  O11: { scene: "pull", match: { operation: "runs.search" } },
  O12: { scene: "pull", match: { operation: "files.get", path: "f\\.txt" } },
} as const satisfies Partial<Record<Operation, Target>>;
export type Played = keyof typeof targets;

/** `cell`: played here, by `cells.test.ts` or the file named; `test`: `file: title`; `none`: does not apply; `open`: not held yet. */
export type Kind = "cell" | "test" | "none" | "open";
type Row = readonly (readonly [ops: string, kind: Kind, why: string])[];

const CELLS = "cells.test.ts";
const NO_NETWORK = "a bundle is made and read without a network";
const NOT_A_FILE = "no file travels";
const engine = (title: string): string => `test/electron/sync/engine.test.ts: ${title}`;
const bundle = (title: string): string => `test/electron/sync/bundle/round-trip.test.ts: ${title}`;

const rows: Readonly<Record<Fault, Row>> = {
  F1: [
    ["O1-O12", "cell", CELLS],
    [
      "O13",
      "test",
      "test/electron/sync/bundle/export.test.ts: nothing is left beside it, nor of one that was cancelled",
    ],
    ["O14", "cell", "steps.test.ts"],
  ],
  F2: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F3: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F4: [
    ["O1-O10", "cell", CELLS],
    ["O11-O12", "none", "a read has no effect that could come late"],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F5: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F6: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F7: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F8: [
    ["O1-O11", "none", NOT_A_FILE],
    ["O12", "cell", CELLS],
    ["O13", "none", NO_NETWORK],
    ["O14", "test", "test/electron/remote/bundle/mutations.test.ts: of 1000 mutated bundles none is accepted"],
  ],
  F9: [
    ["O1-O6", "none", NOT_A_FILE],
    ["O7", "cell", CELLS],
    ["O8-O12", "none", "no file goes up"],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F10: [
    ["O1-O13", "cell", "disk.test.ts"],
    ["O14", "test", "test/electron/remote/bundle/open.test.ts: more bytes than are free"],
  ],
  F11: [["O1-O14", "cell", "fsync.test.ts"]],
  F12: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "cell", "carry.test.ts"],
  ],
  F13: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", "a bundle takes no token"],
  ],
  F14: [
    ["O1-O12", "cell", CELLS],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F15: [
    ["O1-O2", "test", engine("two workstations that take turns")],
    ["O3-O6", "test", "test/electron/sync/convergence.test.ts: whatever two workstations do to one run"],
    ["O7", "test", "test/electron/sync/late-files.test.ts: files that two add to a %s unaware of each other"],
    ["O8-O9", "test", engine("two workstations that take turns")],
    ["O10", "test", "test/electron/sync/pull.test.ts: a field that changed on both sides is shown"],
    ["O11", "test", engine("a plan that fits no more is not applied")],
    ["O12", "test", "test/electron/sync/download.test.ts: another file under the same name there"],
    ["O13", "none", "a bundle is made of one workstation's objects"],
    ["O14", "test", bundle("what both changed is a conflict")],
  ],
  F16: [["O1-O14", "cell", "folder.test.ts"]],
  F17: [
    ["O1-O10", "none", "no listing is paged"],
    ["O11", "test", "test/electron/sync/scan.test.ts: a page token that ran out begins the listing again"],
    ["O12-O14", "none", "no listing is paged"],
  ],
  F18: [
    ["O1-O7", "test", "test/electron/sync/round-trip.test.ts: a data folder comes out of a fresh one as it went in"],
    ["O8-O12", "test", "test/electron/sync/round-trip.test.ts: a data folder comes out of a fresh one as it went in"],
    ["O13-O14", "test", bundle("what one workstation made is in a fresh folder as it was")],
  ],
  F19: [
    ["O1-O10", "cell", CELLS],
    ["O11", "test", "test/electron/sync/pull.test.ts: a remote full of nonsense is blocked by name"],
    ["O12", "test", "test/electron/sync/download.test.ts: bytes that are not what they should be"],
    ["O13", "none", "nothing is read from a remote"],
    ["O14", "test", "test/electron/remote/bundle/open.test.ts: a declared size that is not the real one"],
  ],
  F20: [
    [
      "O1-O10",
      "test",
      "test/electron/remote/http/tunnel.test.ts: a proxy that opens TLS by a certificate of its own is named",
    ],
    ["O11", "test", "test/electron/remote/http/tls.test.ts: named, and nothing is sent"],
    ["O12", "test", "test/electron/remote/http/redirects-sent.test.ts: from TLS to plain nothing goes, files neither"],
    ["O13-O14", "none", NO_NETWORK],
  ],
  F21: [
    ["O1-O12", "cell", "folder.test.ts"],
    ["O13-O14", "none", "nothing is waited for"],
  ],
  F22: [
    ["O1-O12", "cell", "upgrade.test.ts"],
    ["O13-O14", "none", "a bundle has a version of its own, and nothing of it is under way"],
  ],
  F23: [
    ["O1-O10", "cell", "folder.test.ts"],
    ["O11-O12", "test", "test/electron/sync/pull.test.ts: what was known of a remote is found again by its marks"],
    ["O13", "none", "an export reads what is here"],
    ["O14", "test", bundle("an older bundle after a newer one takes nothing back")],
  ],
  F24: [
    ["O1-O12", "none", "no bundle"],
    ["O13", "test", "test/electron/sync/bundle/export.test.ts: above a class a clear bundle is refused"],
    ["O14", "test", "test/electron/remote/bundle/volumes.test.ts: a volume with a changed byte"],
  ],
};

export interface Cell {
  readonly fault: Fault;
  readonly operation: Operation;
  readonly kind: Kind;
  readonly why: string;
}

const numberOf = (name: string): number => Number(name.slice(1));
const isFault = (name: string): name is Fault => Object.hasOwn(faults, name);
const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name);
export const isPlayed = (name: Operation): name is Played => Object.hasOwn(targets, name);

const covers = (ops: string, operation: Operation): boolean => {
  const [from = "", to = from] = ops.split("-");
  return numberOf(from) <= numberOf(operation) && numberOf(operation) <= numberOf(to);
};

/** Every entry of the table for every operation that it names: one each, as the table's test holds. */
export const cells: readonly Cell[] = Object.keys(faults)
  .filter(isFault)
  .flatMap((fault) =>
    Object.keys(operations)
      .filter(isOperation)
      .flatMap((operation) =>
        rows[fault]
          .filter(([ops]) => covers(ops, operation))
          .map(([, kind, why]): Cell => ({ fault, operation, kind, why })),
      ),
  );

/** The cells that `cells.test.ts` plays. */
export const played: readonly (Cell & { readonly operation: Played })[] = cells.flatMap((cell) => {
  const { operation } = cell;
  return cell.kind === "cell" && cell.why === CELLS && isPlayed(operation) ? [{ ...cell, operation }] : [];
});
