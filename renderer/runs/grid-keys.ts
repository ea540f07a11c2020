/** Where keys lead in a grid. Row −1 is the header. */
export interface Place {
  readonly row: number;
  readonly col: number;
}

export interface Bounds {
  readonly rows: number;
  readonly cols: number;
  readonly page: number; // rows that a view shows
}

interface Keys {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

const STEPS: Record<string, readonly [row: number, col: number]> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  j: [1, 0],
  k: [-1, 0],
};

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The place that a key leads to; undefined for a key that does not move. */
export const placeAfter = ({ key, ctrlKey, metaKey }: Keys, { row, col }: Place, bounds: Bounds): Place | undefined => {
  const { rows, cols, page } = bounds;
  const far = ctrlKey || metaKey;
  const [lastRow, lastCol] = [rows - 1, cols - 1];
  const step = STEPS[key];
  if (step && !far) {
    const least = key === "k" ? Math.min(0, lastRow) : -1; // only arrows enter the header
    return { row: clamp(row + step[0], least, lastRow), col: clamp(col + step[1], 0, lastCol) };
  }
  if (key === "Home") return { row: far ? Math.min(0, lastRow) : row, col: 0 };
  if (key === "End") return { row: far ? lastRow : row, col: lastCol };
  if (key === "PageDown") return { row: clamp(row + page, 0, Math.max(0, lastRow)), col };
  if (key === "PageUp") return { row: clamp(row - page, Math.min(0, lastRow), lastRow), col };
  return undefined;
};
