/** Electron's version. None under plain Node, whatever Electron's types promise. */
export const electronVersion = (): string | null => new Map(Object.entries(process.versions)).get("electron") ?? null;
