/** The people, tokens and projects that every double starts with: each role, each scope, each state of a token. */
import { CANARY } from "../../helpers/canary.ts";
import { type Project, type Role, type State, type Token, hexDigits } from "./state.ts";

const roles = ["guest", "planner", "reporter", "developer", "maintainer", "owner"] as const satisfies readonly Role[];

const addToken = (state: State, token: Omit<Token, "id" | "value">): void => {
  const prefix = { personal: "glpat-", project: "glpat-", job: "glcbt-", trigger: "glptt-", deploy: "gldt-" }[
    token.kind
  ];
  state.tokens.push({
    ...token,
    id: state.nextId("token"),
    value: `${prefix}${CANARY}${hexDigits(state, 20).slice(0, 8)}`,
  });
};

const project = (id: number, path: string, settings: Partial<Project> = {}): Project => ({
  id,
  path,
  visibility: "private",
  members: {},
  experimentsOn: true,
  registryOn: true,
  packagesOn: true,
  archived: false,
  refs: ["main", "release"],
  jobs: [],
  nextIid: {},
  ...settings,
});

/**
 * Users and personal tokens are named after their role; `second` is another developer, `outsider` is in no project.
 * The developer also has `read-api`, `read-user`, `expired`, `revoked`, `project-bot`, `job`, `trigger` and `deploy`.
 */
export const seedState = (state: State): void => {
  const names = [...roles, "second", "outsider"] as const;
  for (const [index, username] of names.entries()) state.users.push({ id: 501 + index, username });
  const idOf = (name: string): number => state.users.find((user) => user.username === name)?.id ?? 0;
  const members: Record<number, Role> = { [idOf("second")]: "developer" };
  for (const role of roles) members[idOf(role)] = role;
  state.projects.push(
    project(4101, "team/models", { members: { ...members }, jobs: [77001, 77002] }),
    project(4102, "team/nested/deep.models", { members: { ...members } }),
    project(4103, "open/models", { visibility: "public", members: { ...members } }),
    project(4104, "elsewhere/secret"),
  );
  const base = { kind: "personal", scopes: ["api"], state: "active", projectId: null } as const;
  for (const name of names) addToken(state, { ...base, scopes: ["api"], name, userId: idOf(name) });
  const developer = idOf("developer");
  const mine = (name: string, more: Partial<Token>): void =>
    addToken(state, { ...base, scopes: ["api"], name, userId: developer, ...more });
  mine("read-api", { scopes: ["read_api"] });
  mine("read-user", { scopes: ["read_user"] });
  mine("expired", { state: "expired" });
  mine("revoked", { state: "revoked" });
  mine("project-bot", { kind: "project", projectId: 4101 });
  mine("job", { kind: "job", projectId: 4101 });
  mine("trigger", { kind: "trigger", projectId: 4101 });
  mine("deploy", { kind: "deploy", projectId: 4101 });
};
