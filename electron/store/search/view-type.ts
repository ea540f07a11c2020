export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export const stagesOf = (viewType: ViewType): readonly ("active" | "deleted")[] =>
  viewType === "ALL" ? ["active", "deleted"] : [viewType === "ACTIVE_ONLY" ? "active" : "deleted"];
