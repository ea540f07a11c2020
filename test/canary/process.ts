/** For a process that tests start and that has folders of its own: they are looked through as it removes them (`--import`). */
import { watchRemovals } from "./removals.ts";

watchRemovals((leaks) => {
  for (const place of leaks) process.stderr.write(`a secret was written to ${place}\n`);
});
