/** Jupyter notebooks, format 4, read defensively: whatever is no cell or no output is left out. */

export type NotebookOutput =
  | { readonly kind: "text"; readonly text: string; readonly isError: boolean }
  | { readonly kind: "image"; readonly type: string; readonly base64: string }
  | { readonly kind: "html"; readonly html: string }
  | { readonly kind: "markdown"; readonly text: string }
  | { readonly kind: "unknown"; readonly types: readonly string[] };

export interface NotebookCell {
  readonly kind: "markdown" | "code" | "raw";
  readonly source: string;
  readonly count: number | undefined; // of its execution
  readonly outputs: readonly NotebookOutput[];
}

export interface Notebook {
  readonly language: string;
  readonly cells: readonly NotebookCell[];
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** nbformat writes long texts as lists of lines. */
const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : list(value)
        .filter((line) => typeof line === "string")
        .join("");

/** Terminal colours are no text. */
const withoutColours = (text: string): string => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The richest form that can be shown: a picture, then HTML, Markdown, text. */
const richest = (data: Fields): NotebookOutput | undefined => {
  const image = IMAGES.find((type) => data[type] !== undefined);
  if (image !== undefined) return { kind: "image", type: image, base64: textOf(data[image]).replace(/\s/g, "") };
  if (data["text/html"] !== undefined) return { kind: "html", html: textOf(data["text/html"]) };
  if (data["image/svg+xml"] !== undefined) return { kind: "html", html: textOf(data["image/svg+xml"]) };
  if (data["text/markdown"] !== undefined) return { kind: "markdown", text: textOf(data["text/markdown"]) };
  if (data["text/plain"] !== undefined)
    return { kind: "text", text: withoutColours(textOf(data["text/plain"])), isError: false };
  const types = Object.keys(data);
  return types.length === 0 ? undefined : { kind: "unknown", types };
};

const toOutput = (value: unknown): NotebookOutput | undefined => {
  const output = fields(value);
  if (output["output_type"] === "stream")
    return { kind: "text", text: withoutColours(textOf(output["text"])), isError: output["name"] === "stderr" };
  if (output["output_type"] === "error") {
    const trace = list(output["traceback"]).map(textOf).join("\n");
    return { kind: "text", text: withoutColours(trace || textOf(output["evalue"])), isError: true };
  }
  return richest(fields(output["data"]));
};

/** Neighbouring texts of one stream are one text. */
const merge = (outputs: readonly NotebookOutput[]): NotebookOutput[] =>
  outputs.reduce<NotebookOutput[]>((merged, output) => {
    const last = merged.at(-1);
    if (last?.kind === "text" && output.kind === "text" && last.isError === output.isError)
      merged[merged.length - 1] = { ...last, text: last.text + output.text };
    else merged.push(output);
    return merged;
  }, []);

const toCell = (value: unknown): NotebookCell[] => {
  const cell = fields(value);
  const kind = cell["cell_type"];
  if (kind !== "markdown" && kind !== "code" && kind !== "raw") return [];
  const count = cell["execution_count"];
  return [
    {
      kind,
      source: textOf(cell["source"]),
      count: typeof count === "number" ? count : undefined,
      outputs: merge(list(cell["outputs"]).flatMap((output) => toOutput(output) ?? [])),
    },
  ];
};

/** Reads a notebook. @throws Error for what is none of format 4. */
export const parseNotebook = (text: string): Notebook => {
  const book = fields(JSON.parse(text));
  const format = book["nbformat"];
  if (typeof format !== "number" || !Array.isArray(book["cells"]))
    throw new Error(`This is no notebook of format 4 (nbformat: ${typeof format === "number" ? format : "none"})`);
  const meta = fields(book["metadata"]);
  const language = fields(meta["language_info"])["name"] ?? fields(meta["kernelspec"])["language"];
  return { language: typeof language === "string" ? language : "python", cells: book["cells"].flatMap(toCell) };
};
