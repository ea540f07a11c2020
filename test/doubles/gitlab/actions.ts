/** What a test does to the double behind the client's back: tokens, deletes, other writers, projects, time. */
import { isRecord } from "./body.ts";
import { deleteCandidate, deleteModel, deletePackage, deleteVersion } from "./remove.ts";
import { type Project, type State, levels } from "./state.ts";

/** `do` says what; the other fields are read by it. */
export interface Action {
  readonly do: string;
  readonly [field: string]: unknown;
}
export const isAction = (value: unknown): value is Action => isRecord(value) && typeof value["do"] === "string";

/** Sends a request as somebody else would, through the same door. */
export type Caller = (request: { token: string; method: string; path: string; body: unknown }) => {
  readonly status: number;
  readonly body: unknown;
};

const fail = (text: string): never => {
  throw new Error(text);
};

const tokenAction = (state: State, action: Action): void => {
  const token =
    state.tokens.find((each) => each.name === action["name"]) ?? fail(`no token "${String(action["name"])}"`);
  const { state: to, scopes, user } = action;
  if (to === "active" || to === "expired" || to === "revoked") token.state = to;
  if (Array.isArray(scopes)) token.scopes = scopes.map(String);
  if (typeof user === "string")
    token.userId = state.users.find((each) => each.username === user)?.id ?? fail(`no user "${user}"`);
};

/** Ids come as texts; `newest` is the one that was made last. */
const idOf = (state: State, kind: unknown, id: unknown): string => {
  if (id !== "newest") return String(id);
  const maps = { experiment: state.experiments, run: state.candidates, model: state.models, version: state.versions };
  const ids =
    kind === "file"
      ? [...state.packages.values()].flatMap(({ files }) => files.map((file) => file.id))
      : Object.entries(maps).flatMap(([name, map]) => (name === kind ? [...map.keys()] : []));
  return ids.length === 0 ? fail(`there is no ${String(kind)}`) : String(Math.max(...ids));
};

const remove = (state: State, kind: unknown, id: unknown): void => {
  const wanted = idOf(state, kind, id);
  const by = <T extends { readonly id: number }>(map: ReadonlyMap<number, T>): T =>
    map.get(Number(wanted)) ?? fail(`no ${String(kind)} ${wanted}`);
  switch (kind) {
    case "experiment":
      return void state.experiments.delete(by(state.experiments).id);
    case "run":
      return deleteCandidate(state, state.byEid.get(wanted) ?? by(state.candidates));
    case "model":
      return deleteModel(state, by(state.models));
    case "version":
      return deleteVersion(state, by(state.versions));
    case "package":
      return deletePackage(state, by(state.packages));
    case "file": {
      const pack = [...state.packages.values()].find((each) => each.files.some((file) => String(file.id) === wanted));
      const at = pack?.files.findIndex((file) => String(file.id) === wanted) ?? -1;
      return void (pack?.files.splice(at, 1) ?? fail(`no file ${wanted}`));
    }
    default:
      fail(`cannot delete "${String(kind)}"`);
  }
};

const settable = [
  "path",
  "visibility",
  "experimentsOn",
  "registryOn",
  "packagesOn",
  "archived",
  "refs",
  "jobs",
] as const;

const projectAction = (state: State, action: Action): void => {
  const project: Project =
    state.projects.find((each) => each.id === action["id"]) ?? fail(`no project ${String(action["id"])}`);
  const changes = settable.flatMap((name) => (name in action ? [[name, action[name]] as const] : []));
  Object.assign(project, Object.fromEntries(changes));
  const { members } = action;
  if (!isRecord(members)) return;
  for (const [name, role] of Object.entries(members)) {
    const user = state.users.find((each) => each.username === name) ?? fail(`no user "${name}"`);
    const known = Object.keys(levels).find((each): each is keyof typeof levels => each === role);
    project.members[user.id] = known ?? fail(`no role "${String(role)}"`);
  }
};

/** Sets the time, moves it on, or lets it stand still; each where given. */
export const moveClock = (state: State, change: Readonly<Record<string, unknown>>): void => {
  const { set, advance, freeze } = change;
  if (typeof set === "number") {
    state.clockOffset = set - Date.now();
    if (state.clockFrozen !== null) state.clockFrozen = set;
  }
  if (typeof advance === "number") {
    state.clockOffset += advance;
    if (state.clockFrozen !== null) state.clockFrozen += advance;
  }
  if (freeze === true) state.clockFrozen = state.now();
  if (freeze === false) state.clockFrozen = null;
};

const pipelineAction = (state: State, action: Action): void => {
  const pipeline = state.pipelines.get(Number(action["id"])) ?? fail(`no pipeline ${String(action["id"])}`);
  if (typeof action["status"] === "string") pipeline.forced = action["status"];
  if (typeof action["outcome"] === "string") pipeline.outcome = action["outcome"];
};

/** Does one thing; what it gives is for the test that asked. @throws Error for one that is not understood */
export const act = (state: State, action: Action, call: Caller): unknown => {
  switch (action.do) {
    case "token":
      return tokenAction(state, action);
    case "delete":
      return remove(state, action["kind"], action["id"]);
    case "project":
      return projectAction(state, action);
    case "clock":
      return moveClock(state, action);
    case "pipeline":
      return pipelineAction(state, action);
    case "call":
      return call({
        token: String(action["token"]),
        method: String(action["method"]),
        path: String(action["path"]),
        body: action["body"] ?? {},
      });
    default:
      return fail(`no action "${action.do}"`);
  }
};
