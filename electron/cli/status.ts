import { hostOptions, megabytes, print, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

const policyLine = (place: string | null): string[] => (place === null ? [] : [`administrators' policy: ${place}`]);

/** `outpost status`: who serves the data folder and how it is. Never starts or changes anything. */
export const status: CliCommand = (program, terminal) => {
  withCommon(program.command("status"))
    .description("say whether a host runs, where, and how its store is")
    .action(async (options: CommonOptions) => {
      const settings = hostOptions(options, terminal);
      const { findHolder, openAdmin } = await import("../host/admin.ts");
      const { folderFacts } = await import("../host/folder-facts.ts");
      const { status: statusOperation } = await import("../host/operations/store.ts");
      const holder = await findHolder(settings);
      if (!holder) {
        const facts = await folderFacts(settings);
        print(terminal, options, { running: false, ...facts }, () => [
          "outpost: not running",
          `data folder: ${facts.data_dir}${facts.exists ? "" : " (no store yet)"}`,
          ...policyLine(facts.policy),
          ...(facts.exists
            ? [`database: ${megabytes(facts.size_bytes)}, newest backup: ${facts.newest_backup ?? "none"}`]
            : []),
        ]);
        return;
      }
      const admin = await openAdmin(settings, { toPerson: terminal.err });
      const { pid, url, started_at } = holder;
      const state = await admin.run(statusOperation, {});
      print(terminal, options, { running: true, url, started_at, ...state }, () => [
        `outpost: running, process ${pid}, ${url}, version ${state.version}, since ${started_at}`,
        `data folder: ${state.data_dir}`,
        ...policyLine(state.policy),
        state.problem === null
          ? `store: takes writes, check after start: ${state.check}`
          : `store: READ-ONLY: ${state.problem}`,
        `disk: ${state.disk.level}, ${megabytes(state.disk.free_bytes)} free`,
        `newest backup: ${state.newest_backup?.name ?? "none"}${state.backup_error === null ? "" : ` (last attempt failed: ${state.backup_error})`}`,
      ]);
    });
};
