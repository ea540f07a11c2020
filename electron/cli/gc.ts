import { megabytes, print, withAdmin, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

/** `outpost gc`: gives the space of deleted artifacts back. */
export const gc: CliCommand = (program, terminal) => {
  withCommon(program.command("gc"))
    .description("remove files that no artifact and no model version has named for a day")
    .option("--dry-run", "only say how many and how large they are")
    .action(async (options: CommonOptions & { readonly dryRun?: boolean }) => {
      const { collectGarbage } = await import("../host/operations/store.ts");
      const result = await withAdmin(options, terminal, (admin) =>
        admin.run(collectGarbage, { dry_run: options.dryRun ?? false }),
      );
      const { files, bytes, dryRun } = result;
      print(terminal, options, { files, bytes, dry_run: dryRun }, () => [
        `outpost: ${dryRun ? "would remove" : "removed"} ${files} ${files === 1 ? "file" : "files"}, ${megabytes(bytes)}`,
      ]);
    });
};
