/** Electron's version. None under plain Node, whatever Electron's types promise. */
export const electronVersion = (): string | null => {
  const { electron = null }: Partial<Record<string, string>> = process.versions;
  return electron;
};
