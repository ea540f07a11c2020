/** Node has no name for a quota that is used up: only its number tells, on Linux and on macOS. */
const QUOTA_ERRNOS: ReadonlySet<unknown> = new Set([-122, -69]);
const CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** Whether the system says that a disk is full, or the person's share of it. */
export const isNoRoom = (error: unknown): boolean =>
  error instanceof Error &&
  (("code" in error && CODES.has(error.code)) || ("errno" in error && QUOTA_ERRNOS.has(error.errno)));
