/** Which runs a list, a count or a bulk action is about, in the words of requests. */
import type { Field, Filter } from "../../../shared/search/ast.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { RunMatch } from "../../store/search/run-matches.ts";

/** As requests name it; `group` is JSON, a list of [by, value]. */
export interface RunScopeInput {
  readonly experiment_id: string;
  readonly filter?: string | undefined;
  readonly view_type?: RunMatch["viewType"] | undefined;
  readonly group?: string | undefined;
}

export const parseExperimentNumber = (id: string): number => {
  if (!/^\d{1,15}$/.test(id)) throw new DomainError("invalid", `Invalid experiment ID '${id}': it is a number.`);
  return Number(id);
};

const ATTRIBUTES = new Set(["status", "user_id"]);

/** What runs can be grouped by. @throws DomainError `invalid` naming what was asked for and what can be. */
export const parseGroupKey = (text: string): Field => {
  const slash = text.indexOf("/");
  const [kind, key] = [text.slice(0, slash), text.slice(slash + 1)];
  if ((kind === "param" || kind === "tag") && key !== "") return { kind, key };
  if (kind === "dataset" && key === "name") return { kind, key };
  if (kind === "attribute" && ATTRIBUTES.has(key)) return { kind, key };
  throw new DomainError(
    "invalid",
    `Runs cannot be grouped by '${text.slice(0, 200)}': give param/<key>, tag/<key>, dataset/name, attribute/status or attribute/user_id.`,
  );
};

const isGroup = (raw: unknown): raw is (readonly [string, string | null])[] =>
  Array.isArray(raw) &&
  raw.length > 0 &&
  raw.every(
    (pair: unknown) =>
      Array.isArray(pair) &&
      pair.length === 2 &&
      typeof pair[0] === "string" &&
      (typeof pair[1] === "string" || pair[1] === null),
  );

/** The runs of one group as a filter: no text could quote every value. @throws DomainError `invalid` */
const groupFilter = (text: string): Filter => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = undefined;
  }
  if (!isGroup(raw))
    throw new DomainError("invalid", `Invalid group '${text.slice(0, 200)}': it is JSON, a list of [by, value].`);
  const terms = raw.map(([by, value]): Filter => {
    const field = parseGroupKey(by);
    if (value !== null) return { type: "text", field, comparator: "=", value };
    return { type: "not", term: { type: "presence", field, comparator: "IS NOT NULL" } };
  });
  return { type: "and", terms };
};

/** @throws DomainError `invalid` for an id, a group or (later) a filter that cannot be. */
export const toRunMatch = (input: RunScopeInput): RunMatch => ({
  experimentId: parseExperimentNumber(input.experiment_id),
  filter: input.filter ?? "",
  viewType: input.view_type ?? "ACTIVE_ONLY",
  ...(input.group === undefined ? {} : { also: groupFilter(input.group) }),
});

/** The children of one run, as a filter. */
export const childrenOf = (runId: string): Filter => ({
  type: "text",
  field: { kind: "tag", key: "mlflow.parentRunId" },
  comparator: "=",
  value: runId,
});
