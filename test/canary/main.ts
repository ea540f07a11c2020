/**
 * `main.ts FOLDER LEDGER OUTPUT`: after the last suite, looks through what it left and what the runners have said, and
 * sums up. Prints each place of a secret and one closing line; ends with 1 when there is one.
 */
import { existsSync, readdirSync } from "node:fs";
import { note, sumOf } from "./ledger.ts";
import { scanFolder } from "./scan.ts";

const [folder = "", ledger = "", output = ""] = process.argv.slice(2);
process.env["CANARY_LEDGER"] = ledger;
const left = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
note({ ...scanFolder(folder), folders: left.filter((entry) => entry.isDirectory()).length });
const { leaks, ...said } = scanFolder(output);
note({ ...said, leaks: leaks.map((place) => `output of the runners: ${place}`) });

const { folders, files, bytes, databases, unread, leaks: all } = sumOf(ledger);
const places = [...new Set(all)];
for (const place of places) console.log(`a secret was written to ${place}`);
const mebibytes = Math.round(bytes / 1024 ** 2);
console.log(
  `canary scan: ${folders} folders, ${files} files, ${mebibytes} MiB, ${databases} databases` +
    ` (${unread} damaged or locked by a test), ${places.length} leaks`,
);
process.exitCode = places.length > 0 ? 1 : 0;
