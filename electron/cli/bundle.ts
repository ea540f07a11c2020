import type { Command } from "commander";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { InvalidArgumentError, Option } from "commander";
import { resolve } from "node:path";
import { classifications, type Classification } from "../../shared/sync/state.ts";
import type { Admin } from "../host/admin.ts";
import type { Difference, Imported, Inspected, Label } from "../host/sync/bundles.ts";
import {
  exitCodes,
  megabytes,
  print,
  withAdmin,
  withCommon,
  type CliCommand,
  type CommonOptions,
  type Terminal,
} from "./command.ts";
import { createProgress, interruptible } from "./progress.ts";

interface OpenOptions extends CommonOptions {
  readonly passphraseFile?: string;
  readonly allowUnsigned?: boolean;
}
interface ImportOptions extends OpenOptions {
  readonly yes?: boolean;
  readonly trust?: string;
  readonly classMax?: Classification;
}
interface CreateOptions extends CommonOptions {
  readonly model: readonly { readonly name: string; readonly version?: string }[];
  readonly run: readonly string[];
  readonly experiment: readonly string[];
  readonly all?: boolean;
  readonly to?: string;
  readonly classMax?: Classification;
  readonly clearMax?: Classification;
  readonly out?: string;
  readonly volumeSize?: number;
  readonly passphraseFile?: string;
  readonly recipient?: string;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `name`, `name@1.2.0` or `name/3`. */
const collectModel = (value: string, before: CreateOptions["model"]): CreateOptions["model"] => {
  const [, name = value, version] = /^(.+?)[@/]([^@/]+)$/u.exec(value) ?? [];
  return [...before, version === undefined ? { name } : { name, version }];
};

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const toBytes = (text: string): number => {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) throw new InvalidArgumentError("Write a size like 4GB or 700MB.");
  return Math.floor(Number(digits) * factor);
};

const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> => {
  const one: Partial<Record<K, V>> = {};
  if (value !== undefined) one[key] = value;
  return one;
};

const POLL_MS = 200;

/** Ctrl-C came first. */
class Cancelled extends Error {}

/** Runs an operation with its ticket, tells how far it is on a terminal, and stops it at Ctrl-C. @throws Cancelled */
const watched = async <T>(admin: Admin, options: CommonOptions, work: (ticket: string) => Promise<T>): Promise<T> => {
  const { stopBundle, watchBundle } = await import("../host/operations/bundle-watch.ts");
  const [ticket, progress] = [randomUUID(), createProgress(options)];
  return interruptible(async (interrupt) => {
    const over = new AbortController();
    // a host that cannot be asked any more fails the work itself, which says why
    const stop = (): void => void admin.run(stopBundle, { ticket }).catch(() => undefined);
    interrupt.addEventListener("abort", stop, { once: true });
    const goesOn = (): boolean => !over.signal.aborted;
    const told = (async () => {
      while (progress.isShown && goesOn()) {
        await wait(POLL_MS, undefined, { signal: over.signal }).catch(() => undefined); // the end is worth no wait
        const at = await admin.run(watchBundle, { ticket }).catch(() => undefined);
        if (at?.line == null || !goesOn()) continue;
        const { line, done, total } = at;
        progress.show(line, total === null ? megabytes(done) : `${megabytes(done)} of ${megabytes(total)}`);
      }
    })();
    try {
      return await work(ticket);
    } catch (error) {
      if (!interrupt.aborted) throw error;
      throw new Cancelled("Cancelled", { cause: error });
    } finally {
      over.abort();
      await told;
      progress.end();
    }
  });
};

/** The operation's result; undefined when Ctrl-C ended it: said, and told to a script by the exit code. */
const unlessCancelled = async <T>(terminal: Terminal, left: string, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    terminal.err(`outpost: cancelled: ${left}`);
    process.exitCode = exitCodes.cancelled;
    return undefined;
  }
};

const labelWords = (label: Label): string[] => [
  `bundle:      ${label.name}`,
  `holds:       ${Object.entries(label.counts).filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind.replace("_", " ")}${count === 1 ? "" : "s"}`).join(", ")}; ${megabytes(label.bytes)}`,
  `class:       ${label.class}`,
  `digest:      ${label.digest}`,
  `signed with: ${label.fingerprint}`,
  ...label.files.map(({ path }) => `file:        ${path}`),
  label.verified ? "read back and verified" : "sealed for its recipient: only there it can be read back",
  ...label.left_out.map(({ label: name, reason }) => `left out: ${name}: ${reason}`),
]; // prettier-ignore

const inspectedWords = ({ name, class: level, from, created, files, bytes, digest, signer }: Inspected): string[] => [
  `${name}: whole, ${files} files, ${megabytes(bytes)}`,
  `from ${from}, ${created}, class ${level}`,
  `digest ${digest}`,
  signer
    ? `signed by ${signer.name || "an unnamed key"} ${signer.fingerprint}${signer.trusted ? ", a known key" : ", a key that is NOT known here"}`
    : "NOT signed",
];

const differenceWords = (found: Difference): string[] => [
  `${found.new} new, ${found.changed} changed, ${found.identical} identical, ${found.conflicts} in conflict, ${found.blocked} blocked`,
  ...(found.older > 0 ? [`${found.older} older than what is here: left alone`] : []),
  ...found.missing_files.map((file) => `not in the bundle and not here: ${file}`),
];

const importedWords = (done: Imported): string[] => {
  if (done.state === "receipt") {
    const { settled, known, moved, unknown } = done.receipt;
    return [
      `receipt of ${done.receipt.peer}: ${settled} settled, ${known} known before, ${moved} changed since, ${unknown} not here`,
    ];
  }
  if (done.state === "waiting")
    return [
      ...inspectedWords(done.bundle),
      ...differenceWords(done.difference),
      "Nothing was taken in: --yes does it.",
    ];
  const { report } = done;
  return [
    ...differenceWords(report.difference),
    `${report.pulled} objects and ${report.files} files taken in${report.left > 0 ? `, ${report.left} left for the next time` : ""}`,
    ...report.problems.map((problem) => `problem: ${problem}`),
    `outpost bundle receipt ${report.peer} writes what ${report.peer} needs to know`,
  ]; // prettier-ignore
};

/** Whether a person is still to decide something. */
const isOpen = (done: Imported): boolean => {
  if (done.state === "receipt") return false;
  if (done.state === "waiting")
    return done.difference.new + done.difference.changed + done.difference.conflicts + done.difference.blocked > 0;
  const { conflicts, blocked, left, problems } = done.report;
  return conflicts + blocked + left + problems.length > 0;
};

const addCreate = (parent: Command, terminal: Terminal): void => {
  withCommon(parent.command("create"))
    .description("make a signed bundle; read back and verified")
    .option("--model <name[@version]>", "a model with its runs, all versions or one (repeatable)", collectModel, [])
    .option("--run <id>", "a run (repeatable)", collect, [])
    .option("--experiment <name>", "an experiment with its runs (repeatable)", collect, [])
    .option("--all", "everything")
    .option("--to <workstation>", "for whom: only what it is not known to have goes in")
    .addOption(new Option("--class-max <class>", "leave out what is above, or has no class").choices(classifications))
    .addOption(new Option("--clear-max <class>", "refuse to leave what is above unsealed").choices(classifications))
    .option("--out <dir>", "the folder for it (default: bundles in the data folder)")
    .option("--volume-size <size>", "cut it to the medium: 4GB, 700MB", toBytes)
    .option("--passphrase-file <file>", "seal it with the passphrase in this file's first line")
    .option("--recipient <file>", "seal it with the recipient's word in this file (see: outpost bundle key)")
    .action(async (options: CreateOptions) => {
      const { createBundle } = await import("../host/operations/bundles.ts");
      const {
        model,
        run,
        experiment,
        all = false,
        to,
        classMax,
        clearMax,
        out,
        volumeSize,
        passphraseFile,
        recipient,
      } = options;
      const wanted = {
        models: [...model],
        runs: [...run],
        experiments: [...experiment],
        all,
        ...given("to", to),
        ...given("out", absolute(out)),
        ...given("class_max", classMax),
        ...given("clear_max", clearMax),
        ...given("volume_bytes", volumeSize),
        ...given("passphrase_file", absolute(passphraseFile)),
        ...given("recipient_file", absolute(recipient)),
      };
      const label = await unlessCancelled(terminal, "no bundle was made", () =>
        withAdmin(options, terminal, (admin) =>
          watched(admin, options, (ticket) => admin.run(createBundle, { ...wanted, ticket })),
        ),
      );
      if (!label) return;
      print(terminal, options, label, () => labelWords(label));
      if (label.left_out_count > 0) process.exitCode = exitCodes.attention;
    });
};

const withOpening = (command: Command): Command =>
  withCommon(command)
    .option("--passphrase-file <file>", "the passphrase of a sealed bundle, in this file's first line")
    .option("--allow-unsigned", "accept a bundle that nobody signed; it is noted in the audit");

const opening = (path: string, { passphraseFile, allowUnsigned = false }: OpenOptions) => ({
  path: resolve(path),
  allow_unsigned: allowUnsigned,
  ...given("passphrase_file", absolute(passphraseFile)),
});

const addVerify = (parent: Command, terminal: Terminal): void => {
  withOpening(parent.command("verify <file>"))
    .description("check every byte of a bundle (a file, its first volume or a folder) and who signed it")
    .action(async (path: string, options: OpenOptions) => {
      const { verifyBundle } = await import("../host/operations/bundles.ts");
      const found = await unlessCancelled(terminal, "it was not checked to its end", () =>
        withAdmin({ ...options, create: true }, terminal, (admin) =>
          watched(admin, options, (ticket) => admin.run(verifyBundle, { ...opening(path, options), ticket })),
        ),
      );
      if (!found) return;
      print(terminal, options, found, () => inspectedWords(found));
      if (found.signer?.trusted !== true) process.exitCode = exitCodes.attention;
    });
};

const addImport = (parent: Command, terminal: Terminal): void => {
  withOpening(parent.command("import <file>"))
    .description("show what a bundle would change here; with --yes take it in")
    .option("--yes", "take it in")
    .option(
      "--trust <fingerprint>",
      "the sender's key, compared with the sender by another way: it is known from now on",
    )
    .addOption(new Option("--class-max <class>", "refuse a bundle above").choices(classifications))
    .action(async (path: string, options: ImportOptions) => {
      const { importBundle } = await import("../host/operations/bundles.ts");
      const wanted = {
        ...opening(path, options),
        yes: options.yes ?? false,
        ...given("trust", options.trust),
        ...given("class_max", options.classMax),
      };
      const left = "what was taken in stays, importing it again takes in the rest";
      const done = await unlessCancelled(terminal, left, () =>
        withAdmin({ ...options, create: true }, terminal, (admin) =>
          watched(admin, options, (ticket) => admin.run(importBundle, { ...wanted, ticket })),
        ),
      );
      if (!done) return;
      print(terminal, options, done, () => importedWords(done));
      if (isOpen(done)) process.exitCode = exitCodes.attention;
    });
};

const addReceipt = (parent: Command, terminal: Terminal): void => {
  withCommon(parent.command("receipt <workstation>"))
    .description("write what has arrived from a workstation, to be carried back and imported there")
    .option("--out <dir>", "the folder for it (default: bundles in the data folder)")
    .action(async (peer: string, options: CommonOptions & { readonly out?: string }) => {
      const { bundleReceipt } = await import("../host/operations/bundles.ts");
      const made = await withAdmin(options, terminal, (admin) =>
        admin.run(bundleReceipt, { peer, ...given("out", absolute(options.out)) }),
      );
      print(terminal, options, made, () => [`${made.objects} objects`, `file: ${made.path}`, `digest: ${made.digest}`]);
    });
};

const addKey = (parent: Command, terminal: Terminal): void => {
  withCommon(parent.command("key"))
    .description("show this workstation's keys and those that are trusted here")
    .option("--forget <fingerprint>", "trust a key no more")
    .action(async (options: CommonOptions & { readonly forget?: string }) => {
      const { bundleKeys } = await import("../host/operations/bundles.ts");
      const keys = await withAdmin({ ...options, create: true }, terminal, (admin) =>
        admin.run(bundleKeys, given("forget", options.forget)),
      );
      print(terminal, options, keys, () => [
        `fingerprint: ${keys.fingerprint}`,
        `public key:  ${keys.public_key}`,
        `recipient:   ${keys.recipient}`,
        ...keys.trusted.map(({ fingerprint, name }) => `trusted:     ${fingerprint} ${name}`),
        ...keys.workstations.map(({ name, known }) => `workstation: ${name}, known to have ${known} objects`),
      ]);
    });
};

/** `outpost bundle`: over an air gap and back. Exit code 3 when something is left to decide. */
export const bundle: CliCommand = (program, terminal) => {
  const parent = program.command("bundle").description("carry models and runs to another workstation, signed");
  for (const add of [addCreate, addVerify, addImport, addReceipt, addKey]) add(parent, terminal);
};
