/** Who am I, what version, which project: what a client asks before it does anything. */
import { type Accepts, anyAccessToken, authenticate, findProject, requireUser, roleIn } from "./auth.ts";
import { type Answer, json } from "./http.ts";
import { type Call, type Route, route } from "./routes.ts";
import { levels } from "./state.ts";

const ANY = ["api", "read_api", "read_user"];
const accepts: Accepts = anyAccessToken;

const version = (call: Call): Answer => {
  authenticate(call.state, call, accepts, ANY);
  const newer = call.state.variant === "newer";
  return json({
    version: newer ? "18.6.1-ee" : "17.7.3-ee",
    revision: newer ? "5ad5b5f0c2e" : "1b2c3d4e5f6",
    enterprise: true,
    kas: { enabled: false, externalUrl: null, version: null },
  });
};

const user = (call: Call): Answer => {
  const token = authenticate(call.state, call, accepts, ANY);
  const { id, username } = requireUser(call.state, token);
  const profile = { state: "active", locked: false, avatar_url: null, bot: token.kind === "project" };
  return json({ id, username, name: username, ...profile, web_url: `${call.base}/${username}` });
};

const tokenSelf = (call: Call): Answer => {
  const token = authenticate(call.state, call, accepts, ANY);
  const now = new Date(call.state.now());
  return json({
    id: token.id,
    name: token.name,
    revoked: token.state === "revoked",
    created_at: new Date(now.getTime() - 86_400_000).toISOString(),
    description: null,
    scopes: token.scopes,
    user_id: token.userId,
    last_used_at: now.toISOString(),
    active: token.state === "active",
    expires_at: new Date(now.getTime() + 30 * 86_400_000).toISOString().slice(0, 10),
  });
};

const project = (call: Call): Answer => {
  const token = authenticate(call.state, call, accepts, ["api", "read_api"]);
  const found = findProject(call.state, call.path["id"] ?? "", token);
  const role = roleIn(found, token.userId);
  const level = (on: boolean): string => (on ? "enabled" : "disabled");
  return json({
    id: found.id,
    name: found.path.split("/").at(-1),
    path_with_namespace: found.path,
    default_branch: "main",
    web_url: `${call.base}/${found.path}`,
    visibility: found.visibility,
    archived: found.archived,
    packages_enabled: found.packagesOn,
    model_experiments_access_level: level(found.experimentsOn),
    model_registry_access_level: level(found.registryOn),
    permissions: {
      project_access: role === "none" ? null : { access_level: levels[role], notification_level: 3 },
      group_access: null,
    },
  });
};

export const identityRoutes: readonly Route[] = [
  route("GET", "/api/v4/version", "version", version),
  route("GET", "/api/v4/metadata", "metadata", version),
  route("GET", "/api/v4/user", "user", user),
  route("GET", "/api/v4/personal_access_tokens/self", "token", tokenSelf),
  route("GET", "/api/v4/projects/:id", "project", project),
];
