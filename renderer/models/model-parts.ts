/** Fetches what the files of a version or a logged model say of it: MLmodel, requirements, the input example. */
import { readBytes, textOf } from "../artifacts/read.ts";
import { prettyJson } from "../run/dataset.ts";
import { modelFolder, readModelFile, type ModelFacts } from "./mlmodel.ts";

export interface ModelParts extends ModelFacts {
  readonly folder: string; // "" or a path that ends in "/"
  readonly environment: readonly { name: string; text: string }[];
  readonly example: string | undefined; // JSON text
}

interface ModelFile {
  readonly path: string;
  readonly size: number; // bytes
}

/** An MLmodel or a requirements file of more is not read. Bytes. */
const MOST = 1_000_000;

const textAt = async (root: string, { path, size }: ModelFile, signal: AbortSignal): Promise<string> => {
  const end = Math.min(MOST, size);
  return textOf(await readBytes({ root, path, size }, signal, 0, end), end < size) ?? "";
};

/** The part of a root's files that its MLmodel describes; undefined where there is none that can be read. */
export const loadModelParts = async (
  { files, root }: { readonly files: readonly ModelFile[]; readonly root: string | null },
  signal: AbortSignal,
): Promise<ModelParts | undefined> => {
  const folder = modelFolder(files);
  if (folder === undefined || root === null) return undefined;
  const inside = new Map(
    files.filter(({ path }) => path.startsWith(folder)).map((file) => [file.path.slice(folder.length), file]),
  );
  const read = async (name: string): Promise<string> => {
    const file = inside.get(name);
    return file ? textAt(root, file, signal) : "";
  };
  const facts = await readModelFile(await read("MLmodel"), [...inside.keys()]);
  if (!facts) return undefined;
  const environment = await Promise.all(facts.environmentFiles.map(async (name) => ({ name, text: await read(name) })));
  const example = facts.exampleFile && prettyJson(await read(facts.exampleFile));
  return { ...facts, folder, environment, example };
};
