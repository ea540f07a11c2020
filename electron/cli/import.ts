import type { Command } from "commander";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Admin } from "../host/admin.ts";
import type { ImportReport, Progress } from "../host/import-report.ts";
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

interface ImportOptions extends CommonOptions {
  readonly artifacts?: string;
}

const POLL_MS = 200;
/** A terminal shows that it moves; a log in a pipe wants the result only. */
const isTerminal = (): boolean => process.stderr.isTTY;

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const toWords = (report: ImportReport): string[] => {
  const line = (name: string, { new: added, present }: { new: number; present: number }): string =>
    `${name}: ${added} new, ${present} here already`;
  return [
    line("experiments", report.experiments),
    line("runs", report.runs),
    line("logged models", report.logged_models),
    line("registered models", report.registered_models),
    line("model versions", report.model_versions),
    `metric points: ${report.metric_points}`,
    `artifacts: ${plural(report.artifacts.files, "file")}, ${megabytes(report.artifacts.bytes)}`,
    ...report.problems.map(({ what, why }) => `not carried: ${what}: ${why}`),
  ];
};

const showProgress = (progress: Progress | null): void => {
  if (progress && isTerminal())
    process.stderr.write(`\r${progress.what}: ${progress.done} of ${progress.total}\u001b[K`);
};

const runImport = async (
  admin: Admin,
  input: { kind: "mlruns" | "mlflow-db"; path: string; artifacts?: string },
): Promise<ImportReport> => {
  const { importState, startImport } = await import("../host/operations/import.ts");
  await admin.run(startImport, input);
  for (;;) {
    const state = await admin.run(importState, {});
    if (state.state === "done") {
      if (isTerminal()) process.stderr.write("\r\u001b[K");
      return state.report;
    }
    showProgress(state.progress);
    await wait(POLL_MS);
  }
};

const addImport = (
  parent: Command,
  terminal: Terminal,
  kind: "mlruns" | "mlflow-db",
  argument: string,
  description: string,
): void => {
  withCommon(parent.command(`${kind} <${argument}>`))
    .description(description)
    .option("--artifacts <dir>", "another folder that its artifacts may be taken from")
    .action(async (path: string, options: ImportOptions) => {
      const artifacts = options.artifacts === undefined ? {} : { artifacts: resolve(options.artifacts) };
      const report = await withAdmin({ ...options, create: true }, terminal, (admin) =>
        runImport(admin, { kind, path: resolve(path), ...artifacts }),
      );
      print(terminal, options, report, () => toWords(report));
      if (report.problems.length > 0) process.exitCode = exitCodes.failed;
    });
};

/** `outpost import`: what people have from MLflow, brought here. Exit code 1 when something could not be carried. */
export const importCommand: CliCommand = (program, terminal) => {
  const parent = program
    .command("import")
    .description("bring an mlruns folder or an MLflow database here; nothing is brought twice");
  addImport(
    parent,
    terminal,
    "mlruns",
    "dir",
    "import a folder of MLflow's file store, with its trash, registry and artifacts",
  );
  addImport(
    parent,
    terminal,
    "mlflow-db",
    "file",
    "import an SQLite database of MLflow 3.17 and the artifacts beside it",
  );
};
