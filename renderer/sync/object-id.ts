import type { SyncObject } from "../../shared/api/outpost/sync.ts";

/** What `wantFiles` calls an object: a run's id, `name/version`; read from its page's address. */
export const fileOwner = ({
  kind,
  href,
}: Pick<SyncObject, "kind" | "href">): { kind: "run" | "model_version"; id: string } | undefined => {
  if (href === null) return undefined;
  const [, run] = /^#\/experiments\/[^/?]+\/runs\/([^/?]+)/.exec(href) ?? [];
  if (kind === "run" && run !== undefined) return { kind, id: decodeURIComponent(run) };
  const [, model, version] = /^#\/models\/([^/?]+)\/versions\/([^/?]+)/.exec(href) ?? [];
  return kind === "model_version" && model !== undefined && version !== undefined
    ? { kind, id: `${decodeURIComponent(model)}/${decodeURIComponent(version)}` }
    : undefined;
};
