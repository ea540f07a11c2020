/** Free space on the data folder's volume: warn early, refuse uploads late, leave room for what is small and dear. */
import { statfs } from "node:fs/promises";

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export type DiskLevel = "ok" | "low" | "full";

const MB = 1_000_000;

/** Below which free space a volume is `low` and `full`: a small disk is measured by its size. */
export const thresholds = (totalBytes: number): { lowBytes: number; fullBytes: number } => ({
  lowBytes: Math.min(500 * MB, totalBytes * 0.1),
  fullBytes: Math.min(200 * MB, totalBytes * 0.05),
});

export const levelOf = ({ freeBytes, totalBytes }: Space): DiskLevel => {
  const { lowBytes, fullBytes } = thresholds(totalBytes);
  return freeBytes < fullBytes ? "full" : freeBytes < lowBytes ? "low" : "ok";
};

export interface DiskOptions {
  readonly folder: string;
  readonly space?: (folder: string) => Promise<Space>;
  readonly onLevel: (level: DiskLevel, space: Space) => void;
  readonly intervalMs?: number;
}

const readSpace = async (folder: string): Promise<Space> => {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: Number(bavail) * Number(bsize), totalBytes: Number(blocks) * Number(bsize) };
};

export type Disk = Awaited<ReturnType<typeof createDisk>>;

/** Looks at once and then every few seconds; tells `onLevel` of every change but the first `ok`. */
export const createDisk = async ({ folder, space = readSpace, onLevel, intervalMs = 5_000 }: DiskOptions) => {
  let last = await space(folder);
  let level: DiskLevel = "ok";

  const take = (seen: Space): void => {
    last = seen;
    const now = levelOf(seen);
    if (now !== level) onLevel(now, seen);
    level = now;
  };
  take(last);

  const look = async (): Promise<void> => take(await space(folder));
  const timer = setInterval(
    () => void look().catch(() => onLevel("full", { freeBytes: 0, totalBytes: last.totalBytes })),
    intervalMs,
  );
  timer.unref();

  /** Whether an upload may begin: `sizeBytes`, where it is known, must fit above the reserve. */
  const canUpload = (sizeBytes = 0): boolean => last.freeBytes - sizeBytes >= thresholds(last.totalBytes).fullBytes;

  return { canUpload, look, space: () => last, level: () => level, close: () => clearInterval(timer) };
};
