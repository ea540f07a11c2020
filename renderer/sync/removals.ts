/** What a person agrees to when something is deleted on a remote. */
import type { RequestOf } from "../../shared/api/endpoint.ts";
import type { consentRemoval, Removal } from "../../shared/api/outpost/sync.ts";

export const keyOf = ({ kind, uid }: Pick<Removal, "kind" | "uid">): string => `${kind}/${uid}`;

/** A model takes all its versions and files with it: its name is typed first. */
export const lacksName = ({ kind, label }: Pick<Removal, "kind" | "label">, typed = ""): boolean =>
  kind === "registered_model" && typed !== label;

/** The server compares the name: of a model it is what was typed. */
export const agreedTo = (
  remote: string,
  { kind, uid, label }: Pick<Removal, "kind" | "uid" | "label">,
  typed = "",
): RequestOf<typeof consentRemoval> => ({ remote, kind, uid, name: kind === "registered_model" ? typed : label });
