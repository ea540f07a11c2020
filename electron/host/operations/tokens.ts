/** Operations on access tokens. */
import { Type } from "typebox";
import { Required } from "../../../shared/api/wire.ts";
import { operation } from "../operation.ts";

export const createToken = operation({
  name: "token-create",
  summary: "Makes an access token and shows its secret this once",
  request: Type.Object({ name: Required(), role: Required() }),
  run: ({ services }, { name, role }, caller) =>
    services.writer.write(caller, () => services.domains.access.create(name, role)),
});

export const listTokens = operation({
  name: "token-list",
  summary: "All access tokens, without their secrets",
  request: Type.Object({}),
  run: ({ services }) => ({ tokens: services.domains.access.list() }),
});

export const revokeToken = operation({
  name: "token-revoke",
  summary: "Ends an access token",
  request: Type.Object({ name: Required() }),
  run: ({ services }, { name }, caller) => services.writer.write(caller, () => services.domains.access.revoke(name)),
});
