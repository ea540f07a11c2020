/** Keys like `optimizer.lr` or `val/loss`, folded into groups by their beginnings. */

export interface Group<T> {
  readonly path: string; // with the separator at its end; unique
  readonly label: string;
  readonly count: number; // of rows in it and below
  readonly nodes: readonly Node<T>[];
}
export interface Leaf<T> {
  readonly row: T;
  readonly label: string; // what the groups around do not say already
}
export type Node<T> = Group<T> | Leaf<T>;

export const isGroup = <T>(node: Node<T>): node is Group<T> => "nodes" in node;

const nextSeparator = (key: string, from: number): number => {
  const rest = /[^/.][/.](?=[^/.])/.exec(key.slice(from));
  return rest ? from + rest.index + 1 : -1;
};

/**
 * Groups of at least two rows, in the order of the rows. A group that would hold only another one is one with it:
 * `a/b/x` and `a/b/y` stand in `a/b/`.
 */
export const fold = <T extends { readonly key: string }>(rows: readonly T[], from = 0): Node<T>[] => {
  const buckets = new Map<string, T[]>();
  for (const row of rows) {
    const end = nextSeparator(row.key, from);
    const bucket = end < 0 ? `=${row.key}` : `/${row.key.slice(from, end + 1)}`;
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), row]);
  }
  return [...buckets].flatMap(([bucket, inside]): Node<T>[] => {
    const [first] = inside;
    if (first === undefined) return [];
    if (bucket.startsWith("=") || inside.length === 1)
      return inside.map((row) => ({ row, label: row.key.slice(from) }));
    const prefix = bucket.slice(1);
    const start = from + prefix.length;
    const nodes = fold(inside, start);
    const [only] = nodes;
    if (nodes.length === 1 && only && isGroup(only)) return [{ ...only, label: prefix + only.label }];
    return [{ path: first.key.slice(0, start), label: prefix, count: inside.length, nodes }];
  });
};

/** The nodes as the lines that are visible: groups, and what is in the open ones. */
export const visible = <T>(
  nodes: readonly Node<T>[],
  isOpen: (path: string) => boolean,
  level = 1,
): { node: Node<T>; level: number }[] =>
  nodes.flatMap((node) =>
    isGroup(node) && isOpen(node.path)
      ? [{ node, level }, ...visible(node.nodes, isOpen, level + 1)]
      : [{ node, level }],
  );
