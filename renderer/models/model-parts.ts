/** Fetches what a version's files say of it: MLmodel, requirements, the input example. */
import { ApiError } from "../../shared/api/client.ts";
import type { ModelVersion } from "../../shared/api/outpost/models.ts";
import { proxyHref } from "../lib/links.ts";
import { modelFolder, readModelFile, type ModelFacts } from "./mlmodel.ts";

export interface ModelParts extends ModelFacts {
  readonly folder: string; // "" or a path that ends in "/"
  readonly environment: readonly { name: string; text: string }[];
  readonly example: string | undefined; // JSON text
}

/** An MLmodel or a requirements file of more is not read. Bytes. */
const MOST = 1_000_000;

const fetchText = async (root: string, path: string, signal: AbortSignal): Promise<string> => {
  const answer = await fetch(proxyHref(root, path), { signal, headers: { range: `bytes=0-${MOST - 1}` } });
  if (!answer.ok) throw new ApiError("UNKNOWN", `'${path}' could not be read: ${answer.status}`, answer.status);
  return answer.text();
};

const indent = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // cut at its limit, or no JSON after all
  }
};

type Files = Pick<ModelVersion, "files" | "root">;

/** The part of a version that its MLmodel describes; undefined where it has none that can be read. */
export const loadModelParts = async ({ files, root }: Files, signal: AbortSignal): Promise<ModelParts | undefined> => {
  const folder = modelFolder(files);
  if (folder === undefined || root === null) return undefined;
  const names = files.filter(({ path }) => path.startsWith(folder)).map(({ path }) => path.slice(folder.length));
  const facts = await readModelFile(await fetchText(root, `${folder}MLmodel`, signal), names);
  if (!facts) return undefined;
  const environment = await Promise.all(
    facts.environmentFiles.map(async (name) => ({ name, text: await fetchText(root, folder + name, signal) })),
  );
  const example = facts.exampleFile && indent(await fetchText(root, folder + facts.exampleFile, signal));
  return { ...facts, folder, environment, example };
};
