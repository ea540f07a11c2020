/** ES2025's raw JSON, which Node 22 has and TypeScript's library does not name yet. */
interface JSON {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}
