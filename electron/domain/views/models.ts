/** What the interface reads of the registry: lists, a model, a version with what lies behind it. Changes nothing. */
import type { Lineage } from "../../../shared/api/outpost/lineage.ts";
import type {
  ModelOrder,
  ModelVersion,
  RegisteredModel,
  RegisteredModelRow,
  Registrable,
} from "../../../shared/api/outpost/models.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { LineageViews } from "../../store/views/lineage.ts";
import type { ModelViews } from "../../store/views/models.ts";
import { bounded, found } from "./bounds.ts";
import { readToken, writeToken } from "./page-token.ts";

export interface RegistryViewDeps {
  readonly models: ModelViews;
  readonly lineage: LineageViews;
  /** The root of a version's files. @throws DomainError `invalid` for files that are not kept here */
  readonly rootOfVersion: (name: string, version: string) => string;
}

export interface ModelQuery {
  readonly search?: string | undefined;
  readonly order?: ModelOrder | undefined;
  readonly direction?: "asc" | "desc" | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
}

export type RegistryViews = ReturnType<typeof createRegistryViews>;

const PAGE = 100;
const MAX_PAGE = 1000;

export const createRegistryViews = ({ models, lineage, rootOfVersion }: RegistryViewDeps) => {
  const rootOf = (name: string, version: string): string | null => {
    try {
      return rootOfVersion(name, version);
    } catch (error) {
      if (error instanceof DomainError && error.kind === "invalid") return null; // said in the page by the source itself
      throw error;
    }
  };

  return {
    list: (query: ModelQuery): { registered_models: RegisteredModelRow[]; total: number; next_page_token?: string } => {
      const order = query.order ?? "changed";
      const after = readToken(query.page_token, [order === "name" ? "string" : "number", "string"] as const);
      const { last, ...page } = models.list({
        search: query.search ?? "",
        order,
        descending: (query.direction ?? (order === "name" ? "asc" : "desc")) === "desc",
        limit: bounded(query.max_results, PAGE, MAX_PAGE),
        after: after && { key: after[0], name: after[1] },
      });
      return last ? { ...page, next_page_token: writeToken([last.key, last.name]) } : page;
    },

    get: (name: string): RegisteredModel => found(models.get(name), `Registered model '${name}'`),

    version: (name: string, version: string): ModelVersion => {
      const parts = found(models.getVersion(name, version), `Version ${version} of model '${name}'`);
      return { ...parts, root: rootOf(name, parts.version) };
    },

    lineage: (name: string, version: string): Lineage =>
      found(lineage.of(name, version), `Version ${version} of model '${name}'`),

    registrable: (
      search: string | undefined,
      limit: number | undefined,
    ): { logged_models: Registrable[]; total: number } =>
      lineage.registrable(search ?? "", bounded(limit, 50, MAX_PAGE)),
  };
};
