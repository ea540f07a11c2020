/**
 * Group commit for folders: whoever asks while one fsync of a folder runs shares the next, because a running one may
 * have begun before their rename.
 */
interface Turn {
  running: Promise<void>;
  next: Promise<void> | undefined;
}

export const createFolderSync = (syncFolder: (path: string) => Promise<void>) => {
  const turns = new Map<string, Turn>();

  const start = (path: string): Promise<void> => {
    const turn: Turn = { running: syncFolder(path).finally(() => finish(path, turn)), next: undefined };
    turns.set(path, turn);
    return turn.running;
  };
  const finish = (path: string, turn: Turn): void => {
    if (turns.get(path) === turn && turn.next === undefined) turns.delete(path);
  };

  /** Resolves when all renames into `path` made before the call are on disk. @throws what fsync threw. */
  return (path: string): Promise<void> => {
    const turn = turns.get(path);
    if (turn === undefined) return start(path);
    const begin = (): Promise<void> => start(path);
    turn.next ??= turn.running.then(begin, begin);
    return turn.next;
  };
};
