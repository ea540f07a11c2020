/** The shape of what the command line can ask of a store; `operations.ts` lists them. */
import type { Static, TObject } from "typebox";
import type { Caller } from "../api/route.ts";
import type { Session } from "./session.ts";

export interface Operation<Req extends TObject = TObject, Result = unknown> {
  readonly name: string;
  readonly summary: string;
  readonly request: Req;
  /** The result is plain data. @throws DomainError. */
  run(session: Session, input: Static<Req>, caller: Caller): Result | Promise<Result>;
}

/** A typed identity. */
export const operation = <Req extends TObject, Result>(declared: Operation<Req, Result>): Operation<Req, Result> =>
  declared;

/** Where the host serves an operation. */
export const pathOf = ({ name }: Pick<Operation, "name">): string => `/api/outpost/v1/admin/${name}`;
