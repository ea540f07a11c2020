/** The ledger of network calls, filtered and summed. */
import type { NetworkCall } from "../../../shared/api/outpost/sync.ts";

/** Calls that have every word of the text somewhere. */
export const callsMatching = (calls: readonly NetworkCall[], text: string): readonly NetworkCall[] => {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return calls;
  return calls.filter((call) => {
    const all = [call.remote, call.purpose, call.method, call.url, call.status, call.trouble].join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  });
};

export interface NetworkTotals {
  readonly calls: number;
  readonly failed: number; // no answer, or one that refuses
  readonly sent: number; // bytes
  readonly received: number;
}

export const totalsOf = (calls: readonly NetworkCall[]): NetworkTotals => ({
  calls: calls.length,
  failed: calls.filter(({ status, trouble }) => trouble !== null || (status ?? 0) >= 400).length,
  sent: calls.reduce((sum, { sent }) => sum + sent, 0),
  received: calls.reduce((sum, { received }) => sum + received, 0),
});
