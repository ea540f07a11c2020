/** What highlight.js writes (text, `<span class>` and five entities, nothing else) as pieces by line. */

export interface Piece {
  readonly text: string;
  readonly scope: string; // classes, "" for none
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };
const unescape = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#x27);/g, (all, name: string) => ENTITIES[name] ?? all);

/** Lines of pieces; a span over several lines goes on in each. */
export const linesOf = (html: string): Piece[][] => {
  let line: Piece[] = [];
  const lines = [line];
  const scopes: string[] = [];
  for (const [, scope, close, text = ""] of html.matchAll(/<span class="([^"]*)">|(<\/span>)|([^<]+)/g)) {
    if (scope !== undefined) scopes.push(scope);
    else if (close !== undefined) scopes.pop();
    else
      for (const [i, part] of unescape(text).split("\n").entries()) {
        if (i > 0) lines.push((line = []));
        if (part !== "") line.push({ text: part, scope: scopes.at(-1) ?? "" });
      }
  }
  return lines;
};
