import type { Component } from "svelte";

/** One line of a menu. */
export interface MenuItem {
  readonly text: string;
  readonly Icon?: Component<{ size?: number }>;
  readonly hint?: string; // e.g. its shortcut
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onselect: () => void;
}
