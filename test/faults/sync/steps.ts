/**
 * Every step of the engine that has a name, by the scene in which it comes, without its count. What is killed at each of
 * them is in `steps.test.ts`, where a rehearsal without a fault holds that none is left out.
 */
const effects = (...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ["sending", "answered", "settled"].map((moment) => `${name}/${moment}`));
const commits = (...phases: readonly string[]): readonly string[] => phases.map((phase) => `commit/${phase}`);

export const steps = {
  push: [
    ...commits("probe", "scan", "plan", "push"),
    ...effects("create", "write/param", "write/tag", "write/other", "points", "file/*"),
    "settle/settled",
  ],
  edit: [...commits("scan", "plan", "push"), ...effects("write/tag", "write/other"), "settle/settled"],
  pull: [...commits("probe", "scan", "plan", "pull", "files"), "bytes/files"],
  import: [...commits("begin", "plan", "pull", "files"), "bytes/files"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type StepScene = keyof typeof steps;

/** `file/dir/f.txt/sending#2` is one of those that end in `/sending`. */
export const classOf = (step: string): string =>
  step.replace(/#\d+$/, "").replace(/^file\/.*\/(sending|answered|settled)$/, "file/*/$1");

/**
 * The steps at which a scene is ended: what is pulled or imported at each one, and of what repeats itself for each
 * object that is sent the first and the last one.
 */
export const toKillAt = (scene: StepScene, all: readonly string[]): readonly string[] => {
  if (scene === "pull" || scene === "import") return all;
  const byClass = Map.groupBy(all, classOf);
  return all.filter((step) => {
    const same = byClass.get(classOf(step)) ?? [];
    return step === same[0] || step === same.at(-1);
  });
};
