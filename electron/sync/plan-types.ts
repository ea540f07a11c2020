/** What a plan is made of. A plan is data: it is shown, hashed, kept, and applied only as it is. */
import type { SyncKind } from "../../shared/sync/doc.ts";

/**
 * - push: `create`, `update`, `link` (adopt an object of equal name on first contact), `remove` (with consent)
 * - pull: `create`, `update`, `download` (files)
 * - neither: `settle` (both sides say the same), `conflict`, `exclude`, `block`, `gone`
 */
export type PlanAction =
  "create" | "update" | "link" | "remove" | "download" | "settle" | "conflict" | "exclude" | "block" | "gone";

export interface PlanCounts {
  readonly fields: number; // params, tags and others
  readonly points: number;
  readonly files: number;
  readonly bytes: number;
}

export interface PlanItem {
  readonly direction: "push" | "pull" | "none";
  readonly action: PlanAction;
  readonly kind: SyncKind;
  readonly uid: string | null;
  readonly remote_id: string | null;
  readonly label: string;
  readonly counts: PlanCounts;
  /** One English sentence: why this is in the plan, or why it is not done. */
  readonly reason: string;
  readonly reversible: boolean;
  /** What the far side cannot hold natively, and where it goes instead. */
  readonly losses: readonly string[];
  /** What must still hold when it is applied; otherwise the item is left for the next plan. */
  readonly expects: { readonly rev: number | null; readonly fingerprint: string | null };
}

export interface PlanTotals {
  readonly items: number;
  readonly push: PlanCounts & { readonly objects: number };
  readonly pull: PlanCounts & { readonly objects: number };
  readonly conflicts: number;
  readonly excluded: number;
  readonly blocked: number;
  readonly gone: number;
}

export interface Plan {
  readonly remote: string;
  readonly hash: string; // sha256 over the canonical items
  readonly made_at: number; // ms since epoch
  readonly first_contact: boolean;
  readonly totals: PlanTotals;
}
