/** The page inside a bundle that people read without this app: plain text in tables, nothing that runs, nothing from elsewhere. */
import { createHash } from "node:crypto";
import type { BagInfo } from "./tag-files.ts";
import { roundedSize } from "./tag-files.ts";

export interface IndexTable {
  readonly heading: string;
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What the page shows, as plain text: all of it is escaped. */
export interface BagIndex {
  readonly title: string;
  readonly notes?: readonly string[];
  readonly tables?: readonly IndexTable[];
}

export interface IndexFacts {
  readonly name: string;
  readonly info: BagInfo;
  readonly files: number;
  readonly bytes: number;
  readonly identity: string;
  readonly fingerprint: string;
}

/** A page of more rows is of no use to anyone; all of them are in `objects.jsonl`. */
const MOST_ROWS = 5000;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string): string =>
  text
    .toWellFormed()

    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character] ?? "");

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border: 1px solid #8888; padding: 0.25rem 0.6rem; text-align: start; vertical-align: top; overflow-wrap: anywhere; unicode-bidi: isolate; }
pre { border: 1px solid #8888; padding: 0.75rem; overflow-x: auto; }
`;
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

const cells = (tag: "th" | "td", row: readonly string[]): string =>
  row.map((cell) => (tag === "th" ? `<th scope="col">${escape(cell)}</th>` : `<td>${escape(cell)}</td>`)).join("");

const tableOf = ({ heading, note, columns, rows }: IndexTable): string => {
  const left = rows.length - MOST_ROWS;
  return [
    `<h2>${escape(heading)} (${rows.length})</h2>`,
    ...(note ? [`<p>${escape(note)}</p>`] : []),
    `<table><thead><tr>${cells("th", columns)}</tr></thead><tbody>`,
    ...rows.slice(0, MOST_ROWS).map((row) => `<tr>${cells("td", row)}</tr>`),
    "</tbody></table>",
    ...(left > 0 ? [`<p>${left} more are in objects.jsonl.</p>`] : []),
  ].join("\n");
};

const factsOf = ({ info, files, bytes, identity, fingerprint }: IndexFacts): string => {
  const rows = [
    ["Classification", info.class],
    ["From", info.from],
    ["To", info.to],
    ["Created", info.created],
    [
      "Contents",
      Object.entries(info.counts ?? {})
        .map(([word, count]) => `${word}: ${count}`)
        .join(", "),
    ],
    ["Files", `${files}, ${roundedSize(bytes)}`],
    ["Identifier", info.id],
    ["Description", info.description],
    ["Signed by", `${identity}, ${fingerprint}`],
    ["Written by", info.software],
  ];
  const filled = rows.flatMap(([label = "", value]) =>
    value ? [`<tr><th scope="row">${label}</th><td>${escape(value)}</td></tr>`] : [],
  );
  return `<table><tbody>\n${filled.join("\n")}\n</tbody></table>`;
};

const checkOf = ({ identity, fingerprint }: IndexFacts): string => `<h2>Check this bundle without the app</h2>
<p>In the unpacked folder, with the tools that a system brings. The last two commands show who signed: compare the fingerprint
<code>${escape(fingerprint)}</code> with the sender by another way than this bundle.</p>
<pre>sha256sum -c manifest-sha256.txt
sha256sum -c tagmanifest-sha256.txt
ssh-keygen -Y verify -f allowed_signers -I ${escape(identity)} -n outpost-bundle -s signature.sshsig &lt; tagmanifest-sha256.txt
ssh-keygen -l -f signer.pub</pre>`;

/** The whole page as HTML. */
export const renderIndex = (index: BagIndex, facts: IndexFacts): string =>
  [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width"><title>${escape(index.title)}</title><style>${style}</style></head><body>`,
    `<h1>${escape(index.title)}</h1>`,
    factsOf(facts),
    ...(index.notes ?? []).map((note) => `<p>${escape(note)}</p>`),
    ...(index.tables ?? []).map(tableOf),
    checkOf(facts),
    "</body></html>",
    "",
  ].join("\n");
