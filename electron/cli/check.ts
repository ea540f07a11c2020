import { exitCodes, megabytes, print, withAdmin, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

/** `outpost check`: is everything that is stored still what it was? Exit code 1 when not. */
export const check: CliCommand = (program, terminal) => {
  withCommon(program.command("check"))
    .description("check the whole database and the audit chain; exit code 1 when something is wrong")
    .option("--read-data", "read every artifact too and compare it with its digest")
    .action(async (options: CommonOptions & { readonly readData?: boolean }) => {
      const { check: checkOperation } = await import("../host/operations/store.ts");
      const result = await withAdmin(options, terminal, (admin) =>
        admin.run(checkOperation, { read_data: options.readData ?? false }),
      );
      print(terminal, options, result, () =>
        result.ok
          ? [
              `outpost: the store is sound${result.read ? `, with ${result.read.files} files of ${megabytes(result.read.bytes)}` : ""}`,
            ]
          : result.problems.map((problem) => `problem: ${problem}`),
      );
      if (!result.ok) process.exitCode = exitCodes.failed;
    });
};
