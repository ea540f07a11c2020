/** Counts the calls of a remote, and those of them that may change something there. */
import type { Remote } from "../remote/remote.ts";

export interface Calls {
  calls: number;
  writes: number;
}

export const countCalls = (remote: Remote, counts: Calls): Remote => {
  const read =
    <A extends readonly unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      counts.calls += 1;
      return call(...args);
    };
  const write =
    <A extends readonly unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      counts.writes += 1;
      return read(call)(...args);
    };
  return {
    kind: remote.kind,
    limits: remote.limits,
    holds: (...args) => remote.holds(...args),
    holdsPoint: (point) => remote.holdsPoint(point),
    holdsFile: (path) => remote.holdsFile(path),
    close: () => remote.close(),
    probe: read((...args) => remote.probe(...args)),
    list: read((...args) => remote.list(...args)),
    find: read((...args) => remote.find(...args)),
    look: read((...args) => remote.look(...args)),
    read: read((...args) => remote.read(...args)),
    points: read((...args) => remote.points(...args)),
    files: read((...args) => remote.files(...args)),
    getFile: read((...args) => remote.getFile(...args)),
    create: write((...args) => remote.create(...args)),
    write: write((...args) => remote.write(...args)),
    logPoints: write((...args) => remote.logPoints(...args)),
    putFile: write((...args) => remote.putFile(...args)),
    remove: write((...args) => remote.remove(...args)),
  };
};
