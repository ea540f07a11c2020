import { getLive } from "./api.ts";
import type { ChangeEvent } from "../../shared/api/outpost/status.ts";

/** At most this often does a value follow changes on the server. */
const REFRESH_PAUSE_MS = 1000;

/**
 * Loads a value and reloads it whenever state read by `load` changes; a newer load cancels an older one. The last good
 * value stays while a new one is on its way.
 */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<Error>();
  loading = $state(true);
  #round = $state(0);

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    $effect(() => {
      void this.#round;
      const controller = new AbortController();
      this.loading = true;
      load(controller.signal)
        .then((value) => {
          if (controller.signal.aborted) return;
          this.value = value;
          this.error = undefined;
        })
        .catch((error: unknown) => {
          if (!controller.signal.aborted) this.error = error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => {
          if (!controller.signal.aborted) this.loading = false;
        });
      return () => controller.abort();
    });
  }

  /** Loads again. */
  refresh = (): void => {
    this.#round += 1;
  };
}

/** Calls `act` (at most once a second) when something that `matches` has changed on the server. */
export const onChange = (matches: (change: ChangeEvent) => boolean, act: () => void): void => {
  const live = getLive();
  $effect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const run = (): void => {
      timer = undefined;
      last = performance.now();
      act();
    };
    const stop = live.listen((changes) => {
      if (!timer && changes.some(matches))
        timer = setTimeout(run, Math.max(0, last + REFRESH_PAUSE_MS - performance.now()));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  });
};
