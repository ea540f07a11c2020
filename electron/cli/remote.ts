import { Option, type Command } from "commander";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import { DomainError } from "../../shared/errors.ts";
import { classifications, filePolicies, remoteKinds, syncModes } from "../../shared/sync/state.ts";
import type { Classification, FilePolicy, RemoteKind, SyncMode } from "../../shared/sync/state.ts";
import {
  exitCodes,
  print,
  withAdmin,
  withCommon,
  type CliCommand,
  type CommonOptions,
  type Terminal,
} from "./command.ts";

interface AddOptions extends CommonOptions {
  readonly kind: RemoteKind;
  readonly url: string;
  readonly project?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly proxy?: string;
  readonly mode?: SyncMode;
  readonly files?: FilePolicy;
  readonly classMax?: Classification;
  readonly requiredTag?: readonly string[];
  readonly upLimit?: number;
  readonly downLimit?: number;
}

const OTHERS = 0o077;

/** A token that others can read is not used. @throws DomainError with the way out. */
const privateFile = (path: string): string => {
  const file = resolve(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new DomainError("not_found", `There is no token file ${file}`);
  if (process.platform !== "win32" && (found.mode & OTHERS) !== 0)
    throw new DomainError("denied", `The token file ${file} can be read by others: run chmod 600 on it`);
  return file;
};

const kilobytes = (text: string): number => {
  if (!/^\d{1,9}$/.test(text))
    throw new DomainError("invalid", `Invalid value '${text}': a limit is whole kilobytes per second, 0 for none`);
  return Number(text);
};

const toInput = (name: string, options: AddOptions) => {
  const { kind, url, project, tokenFile, caFile, proxy, mode, files, classMax, requiredTag, upLimit, downLimit } =
    options;
  return {
    name,
    kind,
    url,
    ...(project !== undefined && { project }),
    ...(tokenFile !== undefined && { token_file: privateFile(tokenFile) }),
    ...(caFile !== undefined && { ca_file: resolve(caFile) }),
    ...(proxy !== undefined && { proxy }),
    ...(mode !== undefined && { mode }),
    ...(files !== undefined && { files }),
    ...(classMax !== undefined && { class_max: classMax }),
    ...(requiredTag !== undefined && { required_tags: [...requiredTag] }),
    ...(upLimit !== undefined && { up_limit: upLimit }),
    ...(downLimit !== undefined && { down_limit: downLimit }),
  };
};

const line = ({ name, kind, url, project, state, ahead, behind, conflicts, paused }: RemoteInfo): string =>
  [
    name,
    kind,
    project === null ? url : `${url} ${project}`,
    paused ? "paused" : state,
    `${ahead} ahead, ${behind} behind${conflicts > 0 ? `, ${conflicts} in conflict` : ""}`,
  ].join("\t");

const addAdd = (group: Command, terminal: Terminal): void => {
  const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
  withCommon(group.command("add <name>"))
    .description("add a remote; nothing is sent before a plan is accepted")
    .addOption(new Option("--kind <kind>", "what is there").choices(remoteKinds).makeOptionMandatory())
    .requiredOption("--url <url>", "address of the GitLab instance or of the MLflow server")
    .option("--project <project>", "GitLab: number of the project, or its path group/project")
    .option("--token-file <file>", "file that holds the token, readable by you alone (mode 0600)")
    .option("--ca-file <file>", "certificates (PEM) to trust beside the system's")
    .option("--proxy <url>", "proxy to go through instead of the environment's")
    .addOption(new Option("--mode <mode>", "what may be done without a person").choices(syncModes))
    .addOption(new Option("--files <files>", "files that a pull brings").choices(filePolicies))
    .addOption(new Option("--class-max <class>", "the highest classification that may leave").choices(classifications))
    .option("--required-tag <key>", "tag that every object must have to leave; may be given again", collect)
    .option("--up-limit <kB/s>", "kilobytes per second to send, 0 for no limit", kilobytes)
    .option("--down-limit <kB/s>", "kilobytes per second to fetch, 0 for no limit", kilobytes)
    .addHelpText(
      "after",
      `
A token is never given on the command line, where other users see it: name a file, or set OUTPOST_TOKEN_<NAME> (the name in
capitals, other characters as _) in the environment of the host. For MLflow with names and passwords it is name:password.`,
    )
    .action(async (name: string, options: AddOptions) => {
      const { addRemote } = await import("../host/operations/sync.ts");
      const input = toInput(name, options);
      const { remote } = await withAdmin({ ...options, create: true }, terminal, (admin) =>
        admin.run(addRemote, input),
      );
      print(terminal, options, { remote }, () => [
        `outpost: remote '${remote.name}' is added; outpost remote test ${remote.name} looks at it`,
      ]);
    });
};

const addTest = (group: Command, terminal: Terminal): void => {
  withCommon(group.command("test <name>"))
    .description("look at a remote once: who one is there, and which rights are missing")
    .action(async (name: string, options: CommonOptions) => {
      const { testRemote } = await import("../host/operations/sync.ts");
      const tested = await withAdmin(options, terminal, (admin) => admin.run(testRemote, { name }));
      const { remote, problem, offline } = tested;
      const missing = remote?.probe?.missing ?? [];
      print(terminal, options, tested, () =>
        problem === null
          ? [
              `${name}: ${remote?.title ?? "there"}${remote?.probe?.user ? `, as ${remote.probe.user}` : ""}`,
              `rights: ${remote?.probe?.rights.join(", ") ?? ""}`,
              ...missing.map(({ right, why }) => `missing: ${right}: ${why}`),
            ]
          : [],
      );
      if (problem !== null && !options.json) terminal.err(`outpost: ${problem}`);
      if (problem !== null) process.exitCode = offline ? exitCodes.offline : exitCodes.failed;
      else if (missing.length > 0) process.exitCode = exitCodes.attention;
    });
};

/** `outpost remote add|list|test|remove`: the far registries that this machine syncs with. */
export const remote: CliCommand = (program, terminal) => {
  const group = program.command("remote").description("add, list, test and forget the servers to sync with");
  addAdd(group, terminal);

  withCommon(group.command("list"))
    .description("list remotes with their state")
    .action(async (options: CommonOptions) => {
      const { listRemotes } = await import("../host/operations/sync.ts");
      const listed = await withAdmin(options, terminal, (admin) => admin.run(listRemotes, {}));
      print(terminal, options, listed, () => listed.remotes.map(line));
    });

  addTest(group, terminal);

  withCommon(group.command("remove <name>"))
    .description("forget a remote and what is known of it; objects here and there stay")
    .action(async (name: string, options: CommonOptions) => {
      const { removeRemote } = await import("../host/operations/sync.ts");
      await withAdmin(options, terminal, (admin) => admin.run(removeRemote, { name }));
      print(terminal, options, { removed: name }, () => [`outpost: remote '${name}' is forgotten`]);
    });
};
