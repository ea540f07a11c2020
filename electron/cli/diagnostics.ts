import { closeSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Diagnostics } from "../../shared/api/outpost/diagnostics.ts";
import { DomainError } from "../../shared/errors.ts";
import { hostOptions, print, withCommon, type CliCommand, type CommonOptions, type Terminal } from "./command.ts";

interface DiagnosticsOptions extends CommonOptions {
  readonly out?: string;
}

/** A host that hangs is what diagnostics are for: it is asked for a sign of life before it is asked for more. */
const PATIENCE_MS = 10_000;

/** A terminal shows that it moves; a log in a pipe wants the result only. */
const say = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what}\u001b[K`);
};

const collect = async (options: DiagnosticsOptions, terminal: Terminal): Promise<Diagnostics> => {
  const { openAdmin, findHolder } = await import("../host/admin.ts");
  const settings = hostOptions(options, terminal);
  const missing: string[] = [];
  try {
    if (await findHolder(settings)) {
      say("asking the host…");
      const { status } = await import("../host/operations/store.ts");
      const { diagnostics } = await import("../host/operations/diagnostics.ts");
      const admin = await openAdmin(settings, { toPerson: terminal.err });
      await admin.run(status, {}, PATIENCE_MS);
      say("collecting in the host…");
      return await admin.run(diagnostics, {});
    }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    missing.push(`the running host: ${error.message}`);
  }
  say("collecting from the data folder…");
  const { diagnose } = await import("../host/diagnostics/diagnose.ts");
  const { offlineInput } = await import("../host/diagnostics/offline.ts");
  return diagnose(await offlineInput(settings, { now: Date.now(), missing }));
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Makes the file, closed to others from its first byte; it is never an existing one. */
const create = (path: string): number => {
  try {
    return openSync(path, "wx", 0o600);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const reason = code === "EEXIST" ? "it exists" : code;
    throw new DomainError("denied", `${path} cannot be written (${reason}): name another file with --out`, { cause });
  }
};

const save = (path: string, zip: Buffer): void => {
  const fd = create(path);
  try {
    writeFileSync(fd, zip);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
};

/** `outpost diagnostics`: one zip for whoever helps, readable by its maker only. */
export const diagnostics: CliCommand = (program, terminal) => {
  withCommon(program.command("diagnostics"))
    .description("write a zip that tells how this Outpost is, without names, tokens or anything that was logged")
    .option("--out <file>", "the file or folder to write to (default: the current folder)")
    .addHelpText(
      "after",
      `
Inside: versions, system, settings and policy, health, rows and sizes of tables, the audit chain's head, the data folder's
files by size, the last log files. Left out: tokens, user names, home folders, names of experiments, runs, parameters,
metrics and files, and all that was logged. It works beside a running host, without one, and where none can start.`,
    )
    .action(async (options: DiagnosticsOptions) => {
      const { name, zip, contents, missing } = await collect(options, terminal);
      say("");
      const out = resolve(options.out ?? ".");
      const path = isFolder(out) ? join(out, name) : out;
      const bytes = Buffer.from(zip, "base64");
      save(path, bytes);
      print(terminal, options, { path, size_bytes: bytes.length, contents, missing }, () => [
        `outpost: wrote ${path} (${Math.ceil(bytes.length / 1000)} kB), readable by you only; look before you send it`,
        ...contents.map((one) => `  ${one.path}: ${one.what}`),
        ...missing.map((reason) => `  not collected: ${reason}`),
      ]);
    });
};
