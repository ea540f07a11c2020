/** What makes one text out of another, line by line: Myers' shortest edit, found within a bounded effort. */

export type Change = "same" | "removed" | "added";
/** A run of lines: `left` and `right` are where it begins, `count` how many lines. */
export interface Hunk {
  readonly change: Change;
  readonly left: number;
  readonly right: number;
  readonly count: number;
}
export interface Diff {
  readonly hunks: readonly Hunk[];
  /** False where the texts are so unlike that a shorter way may exist. */
  readonly shortest: boolean;
}

/** Edits looked for before the rest is given as one block: beyond, a comparison by line says nothing. */
const MOST_EDITS = 2000;

/** Lines without their ends; a last line end makes no further line. */
export const linesOf = (text: string): string[] => {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
};

/** Equal lines as equal integers, so that comparing costs the same however long they are. */
const toNumbers = (left: readonly string[], right: readonly string[]): [Int32Array, Int32Array] => {
  const ids = new Map<string, number>();
  const idOf = (line: string): number => {
    const id = ids.get(line) ?? ids.size;
    ids.set(line, id);
    return id;
  };
  return [Int32Array.from(left, idOf), Int32Array.from(right, idOf)];
};

interface Step {
  readonly change: Change;
  readonly count: number;
}

/** The edits between two middles by Myers' greedy algorithm; undefined when there are too many. */
const edits = (a: Int32Array, b: Int32Array, most: number): Step[] | undefined => {
  const [n, m] = [a.length, b.length];
  const limit = Math.min(n + m, most);
  const offset = limit + 1;
  const furthest = new Int32Array(2 * limit + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= limit; d += 1) {
    trace.push(furthest.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const below = furthest[offset + k - 1] ?? 0;
      const above = furthest[offset + k + 1] ?? 0;
      let x = k === -d || (k !== d && below < above) ? above : below + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x += 1;
      furthest[offset + k] = x;
      if (x >= n && x - k >= m) return walkBack(trace, n, m);
    }
  }
  return undefined;
};

const walkBack = (trace: readonly Int32Array[], n: number, m: number): Step[] => {
  const steps: Step[] = [];
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d > 0; d -= 1) {
    const row = trace[d] ?? new Int32Array();
    const at = (k: number): number => row[k + d + 1] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const before = down ? k + 1 : k - 1;
    const [fromX, fromY] = [at(before), at(before) - before];
    const startX = down ? fromX : fromX + 1;
    if (x > startX) steps.push({ change: "same", count: x - startX });
    steps.push({ change: down ? "added" : "removed", count: 1 });
    [x, y] = [fromX, fromY];
  }
  if (x > 0) steps.push({ change: "same", count: x });
  return steps.reverse();
};

/** Neighbouring steps of one kind joined; within a change what goes stands before what comes. */
const toHunks = (steps: readonly Step[]): Hunk[] => {
  const hunks: Hunk[] = [];
  let [left, right] = [0, 0];
  let [removed, added] = [0, 0];
  const flush = (): void => {
    if (removed > 0) hunks.push({ change: "removed", left, right, count: removed });
    left += removed;
    if (added > 0) hunks.push({ change: "added", left, right, count: added });
    right += added;
    [removed, added] = [0, 0];
  };
  for (const { change, count } of steps) {
    if (change === "removed") removed += count;
    else if (change === "added") added += count;
    else if (count > 0) {
      flush();
      const last = hunks.at(-1);
      if (last?.change === "same") hunks[hunks.length - 1] = { ...last, count: last.count + count };
      else hunks.push({ change: "same", left, right, count });
      left += count;
      right += count;
    }
  }
  flush();
  return hunks;
};

/** How the lines of `left` become those of `right`. */
export const diffLines = (left: readonly string[], right: readonly string[], most = MOST_EDITS): Diff => {
  const [a, b] = toNumbers(left, right);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const [midA, midB] = [a.subarray(head, a.length - tail), b.subarray(head, b.length - tail)];
  const found = edits(midA, midB, most);
  const middle: Step[] = found ?? [
    { change: "removed", count: midA.length },
    { change: "added", count: midB.length },
  ];
  const steps: Step[] = [{ change: "same", count: head }, ...middle, { change: "same", count: tail }];
  return { hunks: toHunks(steps), shortest: found !== undefined };
};

/** A row of the diff as it is shown: line numbers from 1, undefined on the side that has no such line. */
export interface DiffLine {
  readonly change: Change;
  readonly left?: number;
  readonly right?: number;
}
/** A row, or so many equal lines left out. */
export type Shown = DiffLine | { readonly change: "skipped"; readonly from: number; readonly count: number };

const CONTEXT = 3;

/** The rows of a unified view; long stretches of equal lines are left out unless `whole`. */
export const unifiedRows = (hunks: readonly Hunk[], whole: boolean): Shown[] =>
  hunks.flatMap((hunk, i): Shown[] => {
    const line = (k: number): DiffLine => ({
      change: hunk.change,
      ...(hunk.change !== "added" && { left: hunk.left + k + 1 }),
      ...(hunk.change !== "removed" && { right: hunk.right + k + 1 }),
    });
    const all = (from: number, to: number): DiffLine[] =>
      Array.from({ length: to - from }, (_unused, k) => line(from + k));
    const before = i === 0 ? 0 : CONTEXT;
    const after = i === hunks.length - 1 ? 0 : CONTEXT;
    if (whole || hunk.change !== "same" || hunk.count <= before + after + 1) return all(0, hunk.count);
    const skipped = hunk.count - before - after;
    return [
      ...all(0, before),
      { change: "skipped", from: hunk.left + before + 1, count: skipped },
      ...all(hunk.count - after, hunk.count),
    ];
  });

/** The same rows side by side: a removed line stands beside the added one of its place. */
export const pairedRows = (rows: readonly Shown[]): Shown[] => {
  const paired: Shown[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = (): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i += 1)
      paired.push({
        ...added[i], // its number on the right
        ...removed[i],
        change: removed[i] ? "removed" : "added",
      });
    [removed, added] = [[], []];
  };
  for (const row of rows) {
    if (row.change === "removed") removed.push(row);
    else if (row.change === "added") added.push(row);
    else {
      flush();
      paired.push(row);
    }
  }
  flush();
  return paired;
};
