/** `node build/run.js build/measure.ts`: sizes of files and functions, share of comments and documented exports, beside the targets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./root.js";
import { sourceFiles } from "./source.js";

interface Sized {
  readonly name: string;
  readonly lines: number;
}

const percentile = (sizes: readonly Sized[], share: number): number =>
  sizes.map(({ lines }) => lines).sort((a, b) => a - b)[Math.floor((sizes.length - 1) * share)] ?? 0;

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  ts.isArrowFunction(node) ||
  ts.isFunctionExpression(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node);

/** The innermost name a reader would use for the function: its own, or that of what it is assigned to. */
const nameOf = (node: ts.FunctionLikeDeclaration): string => {
  const holder =
    node.name ??
    (ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent) ? node.parent.name : undefined);
  return holder?.getText() ?? "(anonymous)";
};

/** A factory is as long as all it returns; what counts is its own lines, without those of the functions inside. */
const ownLines = (node: ts.Node, source: ts.SourceFile): number => {
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  let inner = 0;
  const visit = (child: ts.Node): void => {
    if (isFunction(child)) inner += Math.max(0, lineAt(child.end) - lineAt(child.getStart()));
    else ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return lineAt(node.end) - lineAt(node.getStart()) + 1 - inner;
};

const functionsIn = (file: string, source: ts.SourceFile): readonly Sized[] => {
  const found: Sized[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node) && node.body) found.push({ name: `${file} ${nameOf(node)}`, lines: ownLines(node, source) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

const isDocumented = (statement: ts.Statement, source: ts.SourceFile): boolean =>
  (ts.getLeadingCommentRanges(source.text, statement.pos) ?? []).some(({ pos }) => source.text.startsWith("/**", pos));

const exportsIn = (source: ts.SourceFile): { readonly all: number; readonly documented: number } => {
  const exported = source.statements.filter(
    (statement) =>
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
  );
  return {
    all: exported.length,
    documented: exported.filter((statement) => isDocumented(statement, source)).length,
  };
};

/** Lines that hold a comment and nothing else, and lines that hold anything. */
const commentLines = (text: string): { readonly comments: number; readonly lines: number } => {
  const lines = text.split("\n").map((line) => line.trim());
  const comments = lines.filter((line) => /^(?:\/\/|\/\*|\*|<!--)/.test(line)).length;
  return { comments, lines: lines.filter(Boolean).length };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const share = (part: number, whole: number): string =>
  `${whole === 0 ? "–" : String(Math.round((100 * part) / whole))} %`;

const report = (title: string, folders: readonly string[]): void => {
  const files = sourceFiles([...folders]).map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
  const sizes = files.map(({ file, text }): Sized => ({ name: file, lines: text.split("\n").length - 1 }));
  const parsed = files
    .filter(({ file }) => file.endsWith(".ts"))
    .map(({ file, text }) => ({ file, source: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) }));
  const functions = parsed.flatMap(({ file, source }) => functionsIn(file, source));
  const exported = parsed.map(({ source }) => exportsIn(source));
  const counted = files.map(({ text }) => commentLines(text));
  const largest = (all: readonly Sized[], count: number): string =>
    [...all]
      .sort((a, b) => b.lines - a.lines)
      .slice(0, count)
      .map(({ name, lines }) => `    ${String(lines).padStart(4)} ${name}`)
      .join("\n");
  console.log(`${title}: ${String(files.length)} files, ${String(sum(sizes.map(({ lines }) => lines)))} lines
  file lines      median ${String(percentile(sizes, 0.5))}, p90 ${String(percentile(sizes, 0.9))}   (aim: 80, 250, none over 400)
${largest(sizes, 5)}
  function lines  median ${String(percentile(functions, 0.5))}, p90 ${String(percentile(functions, 0.9))}   (aim: 12, 40)
${largest(functions, 5)}
  comment lines   ${share(sum(counted.map(({ comments }) => comments)), sum(counted.map(({ lines }) => lines)))}
  documented      ${share(sum(exported.map(({ documented }) => documented)), sum(exported.map(({ all }) => all)))} of exports
`);
};

report("shared, electron", ["shared", "electron"]);
report("renderer", ["renderer"]);
report("build", ["build"]);
report("test", ["test"]);
