/** A feature of the shell started by itself, with only the pieces that it touches; its verbs can be asked. */
import { onTestFinished } from "vitest";
import type { ElectronMain, Feature, ShellContext, ShellWindow } from "../../../electron/shell/context.ts";
import type { AnswerOf, AskOf, VerbName } from "../../../shared/shell/verbs.ts";

type Pieces = { readonly [Name in keyof ShellContext]?: unknown };

/** What is not given is not there: a feature that reaches for it fails. */
export const startFeature = (
  feature: Feature,
  { electron = {}, ...pieces }: Pieces & { electron?: { readonly [Name in keyof ElectronMain]?: unknown } },
) => {
  const verbs = new Map<string, (input: unknown, asked: { window: ShellWindow }) => unknown>();
  const context = {
    electron,
    platform: "linux",
    say: ({ en }: { en: string }) => en,
    ipc: { handle: (name: string, answer: () => unknown) => void verbs.set(name, answer) },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    ...pieces,
  } as unknown as ShellContext;
  const { dispose } = feature(context);
  onTestFinished(async () => dispose?.());

  const ask = async <Name extends VerbName>(
    name: Name,
    input: AskOf<Name>,
    window: unknown = {},
  ): Promise<AnswerOf<Name>> => {
    const answer = verbs.get(name);
    if (!answer) throw new Error(`nobody answers ${name}`);
    return (await answer(input, { window: window as ShellWindow })) as AnswerOf<Name>;
  };
  return { ask, verbs: [...verbs.keys()] };
};
