import { resolve } from "node:path";
import { megabytes, print, withAdmin, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

/** `outpost layout`: the files of a run or a model version as a plain folder. */
export const layout: CliCommand = (program, terminal) => {
  withCommon(program.command("layout <source> <dir>"))
    .description("copy the files of a run or a model version into a folder that does not exist yet or is empty")
    .option("--portable", "escape names that Windows or a travelling drive cannot hold, on any system")
    .addHelpText(
      "after",
      `
A source is a run id, runs:/<run id>/<path>, models:/<name>/<version>[/<path>], models:/<name>@<alias> or a logged model's id.
Every file is verified while it is copied; when one is damaged, nothing is left in the folder.`,
    )
    .action(async (source: string, dir: string, options: CommonOptions & { readonly portable?: boolean }) => {
      const { layOutFiles } = await import("../host/operations/layout.ts");
      const result = await withAdmin(options, terminal, (admin) =>
        admin.run(layOutFiles, { source, target: resolve(dir), portable: options.portable ?? false }),
      );
      print(terminal, options, result, () => [
        `outpost: laid out ${result.files} ${result.files === 1 ? "file" : "files"}, ${megabytes(result.bytes)}, in ${result.target}`,
        ...result.renamed.map(({ path, file }) => `renamed: ${path} is ${file}`),
      ]);
    });
};
