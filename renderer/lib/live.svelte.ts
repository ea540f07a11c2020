import { EVENTS_PATH, type ChangeEvent } from "../../shared/api/outpost/status.ts";
import { followBuild } from "./build.ts";

type Listener = (changes: readonly ChangeEvent[]) => void;
type Message =
  { type: "changes"; rev: number; changes: ChangeEvent[] } | { type: "state"; connected: boolean } | { type: "hello" };

const NAME = "outpost-events";
const RETRY_MS = 2000;

/**
 * The stream of changes, one connection for all tabs of a browser: HTTP/1.1 gives an origin six. The tab that holds the
 * lock listens and tells the others; when it closes, the next one takes over at the last `rev` it heard of.
 */
export class Live {
  connected = $state(true);
  #listeners = new Set<Listener>();
  #rev: number | undefined;
  #channel = new BroadcastChannel(NAME);
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #release: (() => void) | undefined;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.type === "hello") this.#tellState();
      else this.#receive(data);
    };
    this.#post({ type: "hello" });
    // Behind a tunnel with a name of its own the page is no secure context and has no locks: each tab listens for itself.
    if ("locks" in navigator) void navigator.locks.request(NAME, () => this.#lead());
    else void this.#lead();
  }

  /** Calls `listener` with each batch of changes; returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#channel.close();
    this.#release?.();
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }

  #tellState(): void {
    if (this.#source) this.#post({ type: "state", connected: this.connected });
  }

  #setConnected(connected: boolean): void {
    this.#become(connected);
    this.#tellState();
  }

  /** A host that was away may be a newer one. */
  #become(connected: boolean): void {
    if (connected && !this.connected) void followBuild();
    this.connected = connected;
  }

  #receive(message: Message): void {
    if (message.type === "state") this.#become(message.connected);
    if (message.type !== "changes") return;
    this.#rev = message.rev;
    for (const listener of this.#listeners) listener(message.changes);
  }

  /** Holds the lock for as long as this tab lives. */
  #lead(): Promise<void> {
    this.#open();
    return new Promise((resolve) => (this.#release = resolve));
  }

  #open(): void {
    const source = new EventSource(this.#rev === undefined ? EVENTS_PATH : `${EVENTS_PATH}?cursor=${this.#rev}`);
    this.#source = source;
    source.onopen = () => this.#setConnected(true);
    source.onerror = () => {
      this.#setConnected(false);
      // After a broken connection EventSource tries again by itself, after any other answer than a stream (a host that
      // is still starting or full) never.
      if (source.readyState === EventSource.CLOSED) this.#retry = setTimeout(() => this.#open(), RETRY_MS);
    };
    source.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
      const message: Message = {
        type: "changes",
        rev: Number(lastEventId),
        changes: JSON.parse(data) as ChangeEvent[],
      };
      this.#post(message);
      this.#receive(message);
    };
  }
}
