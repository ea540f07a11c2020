/**
 * Prompts are registered models with a tag. They are hidden from searches unless the filter asks for them by that tag,
 * and a filter that says it does not want them adds nothing more. Source: mlflow/store/model_registry/sqlalchemy_store.py
 */
import { type Clause, clausesOf, type Filter } from "../../../shared/search/ast.ts";

/** Written out in the SQL too: the partial index prompt_versions needs the literal. */
export const IS_PROMPT_TAG = "mlflow.prompt.is_prompt";

export const isPromptClause = ({ field }: Clause): boolean => field.kind === "tag" && field.key === IS_PROMPT_TAG;

/** Whether the filter wants prompts: the first clause on the tag decides, as in MLflow. */
export const wantsPrompts = (filter: Filter): boolean => {
  const clause = clausesOf(filter).find(isPromptClause);
  if (clause?.type === "list") return clause.comparator === "IN" && clause.values.includes("true");
  if (clause?.type !== "text") return false;
  const value = clause.value.toLowerCase();
  return (clause.comparator === "=" && value === "true") || (clause.comparator === "!=" && value === "false");
};
