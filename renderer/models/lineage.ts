/** Places the things a version comes from in columns, so that every line goes from left to right. */
import type { Lineage, VersionRef } from "../../shared/api/outpost/lineage.ts";
import { m } from "../i18n/messages.ts";
import { links } from "../lib/links.ts";

export type NodeKind = "dataset" | "model_read" | "run" | "logged_model" | "copied_from" | "version" | "sibling";

export interface LineageNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  readonly note: string; // what tells it from others of its kind
  readonly href: string | undefined;
  readonly here: boolean;
}
export interface PlacedNode extends LineageNode {
  readonly x: number;
  readonly y: number;
}
export interface LineageGraph {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly { readonly from: PlacedNode; readonly to: PlacedNode }[];
  readonly width: number;
  readonly height: number;
  readonly hidden: number; // versions and datasets that the drawing leaves to the list
}

export const NODE = { width: 180, height: 46 } as const;
const GAP = { x: 44, y: 14 } as const;
const PAD = 10;
/** More of a kind are left to the list. */
const MOST = 8;

const versionNode = (ref: VersionRef, kind: NodeKind, here = false): LineageNode => ({
  id: `${kind}/${ref.name}/${ref.version}`,
  kind,
  title: `${ref.name} ${ref.semver}`,
  note: [`v${ref.version}`, ...ref.aliases.map((alias) => `@${alias}`)].join(" · "),
  href: links.version(ref.name, ref.version),
  here,
});

/** All nodes in columns: data and models read, the run, what it made, the versions. */
export const lineageColumns = (lineage: Lineage): LineageNode[][] => {
  const datasets = lineage.datasets.map(({ name, digest, context }): LineageNode => ({
    id: `dataset/${name}/${digest}`,
    kind: "dataset",
    title: name,
    note: [context, digest].filter(Boolean).join(" · "),
    href: undefined,
    here: false,
  }));
  const read = lineage.models_read.map(({ model_id, name }): LineageNode => ({
    id: `read/${model_id}`,
    kind: "model_read",
    title: name,
    note: model_id,
    href: undefined,
    here: false,
  }));
  const { run, logged_model: made, copied_from: copied } = lineage;
  const runs: LineageNode[] = run
    ? [
        {
          id: `run/${run.run_id}`,
          kind: "run",
          title: run.run_name ?? run.run_id,
          note:
            run.run_name === null
              ? m.models_not_here()
              : run.deleted
                ? m.models_in_trash()
                : (run.experiment_name ?? ""),
          href: run.experiment_id === null ? undefined : links.run(run.experiment_id, run.run_id),
          here: false,
        },
      ]
    : [];
  const source: LineageNode[] = [
    ...(made
      ? [
          {
            id: `logged/${made.model_id}`,
            kind: "logged_model" as const,
            title: made.name,
            note: made.model_id,
            href: run?.experiment_id ? links.run(run.experiment_id, run.run_id, "artifacts") : undefined,
            here: false,
          },
        ]
      : []),
    ...(copied ? [versionNode(copied, "copied_from")] : []),
  ];
  const versions = [
    versionNode(lineage.version, "version", true),
    ...lineage.siblings.map((ref) => versionNode(ref, "sibling")),
  ];
  return [[...datasets, ...read], runs, source, versions];
};

/** Lays the columns out; empty ones take no room. */
export const placeLineage = (lineage: Lineage): LineageGraph => {
  const all = lineageColumns(lineage).filter((column) => column.length > 0);
  const columns = all.map((column) => column.slice(0, MOST));
  const tallest = Math.max(...columns.map((column) => column.length));
  const height = PAD * 2 + tallest * NODE.height + (tallest - 1) * GAP.y;
  const placed = columns.map((column, i) => {
    const taken = column.length * NODE.height + (column.length - 1) * GAP.y;
    return column.map((node, row): PlacedNode => ({
      ...node,
      x: PAD + i * (NODE.width + GAP.x),
      y: (height - taken) / 2 + row * (NODE.height + GAP.y),
    }));
  });
  // Another version's copy comes from that version alone, its siblings from the run or the logged model.
  const isLinked = (from: PlacedNode, to: PlacedNode): boolean => from.kind !== "copied_from" || to.here;
  const edges = placed
    .slice(1)
    .flatMap((column, i) =>
      (placed[i] ?? []).flatMap((from) => column.filter((to) => isLinked(from, to)).map((to) => ({ from, to }))),
    );
  return {
    nodes: placed.flat(),
    edges,
    width: PAD * 2 + columns.length * NODE.width + (columns.length - 1) * GAP.x,
    height,
    hidden: all.reduce((sum, column) => sum + Math.max(0, column.length - MOST), 0),
  };
};
