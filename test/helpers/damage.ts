import { closeSync, openSync, statSync, writeSync } from "node:fs";

/** Overwrites the middle of a file with noise: the header still says "database", the tables are not. */
export const damage = (path: string): void => {
  const { size } = statSync(path);
  const fd = openSync(path, "r+");
  for (let at = 4096; at < size; at += 4096) writeSync(fd, Buffer.alloc(2048, 0xa5), 0, 2048, at);
  closeSync(fd);
};
