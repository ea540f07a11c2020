/** Experiments as a tree: names with slashes are folders, as people write them (`team/project/sweep`). */
import type { ExperimentNode } from "../../shared/api/outpost/experiment-tree.ts";

export type SortKey = "name" | "runs" | "running" | "last_activity" | "bytes" | "creation_time";
export interface Sort {
  readonly key: SortKey;
  readonly ascending: boolean;
}

/** What one line counts: an experiment's own, a folder's the sum of what is in it. */
export interface Counts {
  readonly runs: number;
  readonly running: number;
  readonly last_activity: number;
  readonly creation_time: number;
  readonly bytes: number;
}

export interface TreeNode extends Counts {
  readonly path: string;
  readonly label: string; // the last part of the path
  /** The experiment of this very name; a folder may have one too. */
  readonly experiment: ExperimentNode | undefined;
  readonly children: readonly TreeNode[];
  readonly experiments: number; // in it, itself included
}

/** A line of the tree as it is shown. */
export interface Line {
  readonly node: TreeNode;
  readonly depth: number;
  readonly isFolder: boolean;
  readonly open: boolean;
  /** Its place among its siblings, for screen readers. */
  readonly position: number;
  readonly siblings: number;
}

interface Draft {
  readonly path: string;
  readonly label: string;
  experiment: ExperimentNode | undefined;
  readonly children: Map<string, Draft>;
}

const MAX_FOLDERS = 8;
/** Of markup, and the scheme of an address. */
const NO_FOLDER = /[<>\p{Cc}]|^[a-z][a-z0-9+.-]*:$/iu;

/**
 * Parts of a name that a person wrote as a path. Slashes count as such only between parts that are names themselves: none
 * is empty, begins or ends with a space, or looks like markup or an address, and there are not more levels than one
 * would open. Any other name is one line, as it stands.
 */
const partsOf = (name: string): string[] => {
  const parts = name.split("/");
  const isPath =
    parts.length <= MAX_FOLDERS && parts.every((part) => part !== "" && part === part.trim() && !NO_FOLDER.test(part));
  return isPath ? parts : [name];
};

const collator = new Intl.Collator(undefined, { numeric: true });

const compare =
  ({ key, ascending }: Sort) =>
  (a: TreeNode, b: TreeNode): number => {
    const order = key === "name" ? collator.compare(a.label, b.label) : a[key] - b[key];
    return (ascending ? order : -order) || collator.compare(a.label, b.label);
  };

const toNode = (draft: Draft, bytesOf: ReadonlyMap<string, number>, sort: Sort): TreeNode => {
  const children = [...draft.children.values()].map((child) => toNode(child, bytesOf, sort)).sort(compare(sort));
  const { experiment } = draft;
  const own = experiment && { ...experiment, bytes: bytesOf.get(experiment.experiment_id) ?? 0 };
  const all: readonly Counts[] = own ? [own, ...children] : children;
  const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
  return {
    path: draft.path,
    label: draft.label,
    experiment,
    children,
    experiments: children.reduce((total, child) => total + child.experiments, experiment ? 1 : 0),
    runs: sum("runs"),
    running: sum("running"),
    bytes: sum("bytes"),
    last_activity: Math.max(...all.map((counts) => counts.last_activity)),
    creation_time: Math.min(...all.map((counts) => counts.creation_time)),
  };
};

const matches = (experiment: ExperimentNode, search: string): boolean => {
  const text = `${experiment.name}\n${experiment.tags.map(({ key, value }) => `${key}: ${value}`).join("\n")}`;
  return text.toLowerCase().includes(search.toLowerCase());
};

export interface TreeOptions {
  readonly search: string;
  readonly flat: boolean;
  readonly sort: Sort;
  readonly bytesOf: ReadonlyMap<string, number>;
}

/** The tree of those that match by name or tag, with the folders that lead to them. */
export const buildTree = (
  experiments: readonly ExperimentNode[],
  { search, flat, sort, bytesOf }: TreeOptions,
): readonly TreeNode[] => {
  const root = new Map<string, Draft>();
  for (const experiment of experiments) {
    if (!matches(experiment, search)) continue;
    const parts = flat ? [experiment.name] : partsOf(experiment.name);
    let level = root;
    for (const [i, label] of parts.entries()) {
      const path = parts.slice(0, i + 1).join("/");
      const draft = level.get(label) ?? { path, label, experiment: undefined, children: new Map<string, Draft>() };
      level.set(label, draft);
      if (i === parts.length - 1) draft.experiment = experiment;
      level = draft.children;
    }
  }
  return [...root.values()].map((draft) => toNode(draft, bytesOf, sort)).sort(compare(sort));
};

/** The lines to show: what lies in a closed folder is left out; a search opens every folder. */
export const linesOf = (nodes: readonly TreeNode[], isOpen: (path: string) => boolean, depth = 0): Line[] =>
  nodes.flatMap((node, i) => {
    const isFolder = node.children.length > 0;
    const open = isFolder && isOpen(node.path);
    const line = { node, depth, isFolder, open, position: i + 1, siblings: nodes.length };
    return [line, ...(open ? linesOf(node.children, isOpen, depth + 1) : [])];
  });

/** What is wrong with a new experiment's name, by the rules of MLflow and of the folders. */
export const nameTrouble = (
  name: string,
  experiments: readonly Pick<ExperimentNode, "name">[],
  own?: string,
): "taken" | "folders" | "long" | undefined => {
  if (name === own) return undefined;
  if ([...name].length > 500) return "long";
  if (experiments.some((experiment) => experiment.name === name)) return "taken";
  return name.split("/").some((part) => part.trim() === "") ? "folders" : undefined;
};
