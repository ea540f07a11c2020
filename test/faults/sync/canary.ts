/** Looks for secrets where none may be: in a station's folder, and in all that its process has said. */
import { formIn } from "../../canary/marks.ts";
import { scanFolder } from "../../canary/scan.ts";

/** Places that hold a secret, by name; never the secret itself. */
export const leaksOf = (folder: string, output: string): readonly string[] => {
  const form = formIn(output);
  return [...scanFolder(folder).leaks, ...(form === undefined ? [] : [`output: ${form}`])];
};
