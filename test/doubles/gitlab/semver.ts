/** Semantic versions as GitLab takes them: full SemVer 2.0, no leading `v`, no leading zeros, 255 characters. */
const number = "(0|[1-9]\\d*)";
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}` +
    "(-(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?" +
    "(\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$",
);

export const isSemver = (text: string): boolean => text.length <= 255 && pattern.test(text);

const coreOf = (text: string): readonly number[] => (pattern.exec(text) ?? []).slice(1, 4).map(Number);

/** The highest by major, minor and patch; pre-releases are not considered, so of equal ones the later made wins. */
export const highest = <T extends { readonly version: string; readonly id: number }>(
  versions: readonly T[],
): T | undefined => {
  const order = (a: T, b: T): number => {
    const [left, right] = [coreOf(a.version), coreOf(b.version)];
    const at = [0, 1, 2].find((i) => left[i] !== right[i]);
    return at === undefined ? a.id - b.id : (left[at] ?? 0) - (right[at] ?? 0);
  };
  return versions.toSorted(order).at(-1);
};

/** Patch plus one; pre-release and build stay as they are. */
export const bumped = (text: string): string => {
  const [, major = "1", minor = "0", patch = "0", pre = "", build = ""] = pattern.exec(text) ?? [];
  return `${major}.${minor}.${String(Number(patch) + 1)}${pre}${build}`;
};
