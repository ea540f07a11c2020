import type { Command } from "commander";
import type { RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import type { SyncConflict } from "../../shared/api/outpost/sync.ts";
import { DomainError } from "../../shared/errors.ts";
import type { Admin } from "../host/admin.ts";
import {
  exitCodes,
  print,
  withAdmin,
  withCommon,
  type CliCommand,
  type CommonOptions,
  type Terminal,
} from "./command.ts";
import { chooseRemote, exitCodeOf, follow, planItems, planWords, tell, toldWords, type Told } from "./sync-run.ts";

type What = "push" | "pull" | "both";

interface SyncOptions extends CommonOptions {
  readonly remote?: string;
  readonly full?: boolean;
  readonly yes?: boolean;
}

const CODES = `
Exit codes: 0 everything asked for is done on both sides, 3 something waits for a person (a conflict, a refusal, a plan that
is not accepted yet), 4 the remote is out of reach, 130 cancelled (what is done stays, the next sync goes on), 1 failed.`;

const loadOperations = () => import("../host/operations/sync.ts");

const withRemote = (command: Command): Command =>
  withCommon(command)
    .option("--remote <name>", "the remote; not needed where there is one")
    .option("--full", "read everything there again instead of what is new")
    .addHelpText("after", CODES);

const say = (terminal: Terminal, options: CommonOptions, told: Told): void => {
  print(terminal, options, told, () => toldWords(told));
  if (told.problem !== null && !options.json) terminal.err(`outpost: ${told.problem}`);
  process.exitCode = exitCodeOf(told.outcome);
};

/** A failure of the job is told as an outcome, so that a script gets its one document. */
const runSync = async (
  admin: Admin,
  options: CommonOptions,
  input: { remote: string; what: What; hash?: string; accept?: boolean; full?: boolean },
): Promise<Told> => {
  const { startSync } = await loadOperations();
  const { job_id } = await admin.run(startSync, input);
  return tell(admin, input.remote, input.what, await follow(admin, options, job_id));
};

const addTransfer = (group: Command, terminal: Terminal, word: "push" | "pull", description: string): void => {
  withRemote(group.command(word))
    .description(description)
    .option("--yes", "accept the first plan of a remote without looking at it")
    .action(async (options: SyncOptions) => {
      const { remote, full = false, yes = false } = options;
      const told = await withAdmin(options, terminal, async (admin) => {
        const { name } = await chooseRemote(admin, remote);
        return runSync(admin, options, { remote: name, what: word, full, accept: yes });
      });
      say(terminal, options, told);
    });
};

const addPlan = (group: Command, terminal: Terminal): void => {
  withRemote(group.command("plan"))
    .description("say what would be sent and fetched; nothing is written on either side")
    .action(async (options: SyncOptions) => {
      const { makePlan, readPlan } = await loadOperations();
      await withAdmin(options, terminal, async (admin) => {
        const { name } = await chooseRemote(admin, options.remote);
        const { job_id } = await admin.run(makePlan, { remote: name, what: "both", full: options.full ?? false });
        const told = await tell(admin, name, "both", await follow(admin, options, job_id));
        const { plan: hash } = await chooseRemote(admin, name);
        if (hash === null || ["offline", "auth_needed", "failed", "cancelled"].includes(told.outcome)) {
          say(terminal, options, told);
          return;
        }
        const [plan, items] = [await admin.run(readPlan, { hash }), await planItems(admin, hash)];
        print(terminal, options, { plan, items }, () => planWords(plan, items));
        const { conflicts, blocked, gone } = plan.totals;
        if (conflicts + blocked + gone > 0) process.exitCode = exitCodes.attention;
      });
    });
};

const isWhat = (what: string): what is What => what === "push" || what === "pull" || what === "both";

const addApply = (group: Command, terminal: Terminal): void => {
  withCommon(group.command("apply <hash>"))
    .description("carry out exactly that plan; refused when it is another one by now")
    .addHelpText("after", CODES)
    .action(async (hash: string, options: CommonOptions) => {
      const { readPlan } = await loadOperations();
      const told = await withAdmin(options, terminal, async (admin) => {
        const { remote, what } = await admin.run(readPlan, { hash });
        return runSync(admin, options, { remote, what: isWhat(what) ? what : "both", hash });
      });
      say(terminal, options, told);
    });
};

const statusLine = ({ name, state, paused, ahead, behind, conflicts, last, problem }: RemoteInfo): string =>
  [
    name,
    paused ? "paused" : state,
    `${ahead} ahead, ${behind} behind, ${conflicts} in conflict`,
    last ? `last ${last.outcome ?? "under way"} at ${new Date(last.started_at).toISOString()}` : "never synced",
    ...(problem === null ? [] : [problem]),
  ].join("\t");

/** The states of objects that wait for a person. */
const WAITING = new Set(["blocked", "conflict", "auth_needed", "forbidden", "remote_gone", "uncertain"]);

const statusCode = (remotes: readonly RemoteInfo[]): number => {
  if (remotes.some(({ state }) => state === "offline")) return exitCodes.offline;
  const waits = remotes.some(
    ({ ahead, behind, conflicts, first_contact, states, state }) =>
      ahead + behind + conflicts > 0 ||
      first_contact ||
      state !== "ok" ||
      states.some(({ name, count }) => WAITING.has(name) && count > 0),
  );
  return waits ? exitCodes.attention : exitCodes.ok;
};

const addStatus = (group: Command, terminal: Terminal): void => {
  withCommon(group.command("status"))
    .description("say how far here and there are apart; exit code 0 when nothing is left to do")
    .option("--remote <name>", "one remote only")
    .addHelpText("after", CODES)
    .action(async (options: SyncOptions) => {
      const { listRemotes } = await loadOperations();
      const remotes = await withAdmin(options, terminal, async (admin) =>
        options.remote === undefined
          ? (await admin.run(listRemotes, {})).remotes
          : [await chooseRemote(admin, options.remote)],
      );
      print(terminal, options, { remotes }, () => remotes.map(statusLine));
      process.exitCode = statusCode(remotes);
    });
};

const conflictWords = ({
  id,
  remote,
  kind,
  label,
  field,
  base,
  local,
  remote_value,
  choices,
}: SyncConflict): string[] => [
  `${id}\t${remote}\t${kind} ${label}\t${field}`,
  `  before: ${base ?? "(unset)"}`,
  `  here:   ${local ?? "(unset)"}`,
  `  there:  ${remote_value ?? "(unset)"}`,
  `  --take ${choices.join(" | ")}`,
];

const addConflicts = (group: Command, terminal: Terminal): void => {
  withCommon(group.command("conflicts"))
    .description("list fields that changed on both sides, with both values")
    .option("--remote <name>", "of one remote only")
    .action(async (options: SyncOptions) => {
      const { listConflicts } = await loadOperations();
      const asked = options.remote === undefined ? {} : { remote: options.remote };
      const found = await withAdmin(options, terminal, (admin) => admin.run(listConflicts, asked));
      print(terminal, options, found, () => found.conflicts.flatMap(conflictWords));
    });

  withCommon(group.command("resolve <id>"))
    .description("settle a conflict; the next sync carries it out")
    .requiredOption("--take <choice>", "local, remote, merged with --value, or another choice that `conflicts` names")
    .option("--value <text>", "the text of a merge")
    .action(async (id: string, options: CommonOptions & { readonly take: string; readonly value?: string }) => {
      if (!/^\d{1,9}$/.test(id))
        throw new DomainError("invalid", `Invalid value '${id}': outpost sync conflicts lists the numbers`);
      const { resolveConflict } = await loadOperations();
      const { take, value } = options;
      const input = { id: Number(id), take, ...(value !== undefined && { value }) };
      await withAdmin(options, terminal, (admin) => admin.run(resolveConflict, input));
      print(terminal, options, { resolved: Number(id), take }, () => [
        `outpost: conflict ${id} is settled; outpost sync push carries it out`,
      ]);
    });
};

/** `outpost sync plan|push|pull|apply|status|conflicts|resolve`: what is here and what is there, brought together. */
export const sync: CliCommand = (program, terminal) => {
  const group = program.command("sync").description("plan, send and fetch, with the remotes of `outpost remote`");
  addPlan(group, terminal);
  addTransfer(group, terminal, "push", "send what is ahead here");
  addTransfer(group, terminal, "pull", "fetch what is ahead there");
  addApply(group, terminal);
  addStatus(group, terminal);
  addConflicts(group, terminal);
};
