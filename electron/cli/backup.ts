import { megabytes, print, withAdmin, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

/** `outpost backup`: one verified backup now. */
export const backup: CliCommand = (program, terminal) => {
  withCommon(program.command("backup"))
    .description("write a backup of the database, verified, into the data folder's backups/")
    .action(async (options: CommonOptions) => {
      const { backUp } = await import("../host/operations/store.ts");
      const result = await withAdmin(options, terminal, (admin) => admin.run(backUp, {}));
      print(terminal, options, result, () => [
        `outpost: wrote and verified ${result.path} (${megabytes(result.size_bytes)})`,
      ]);
    });
};
