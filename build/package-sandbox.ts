/** Runs programs where nothing but this machine's own address can be reached, as far as this machine allows it. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { venvPython } from "./python.js";
import { root } from "./root.js";

const up = ["sh", "-c", 'ip link set lo up && exec "$0" "$@"'];

/** What cuts the network off: a namespace of its own, as root or through a user namespace; undefined where neither may be made. */
const findCut = (): readonly string[] | undefined =>
  [
    ["unshare", "--net", ...up],
    ["unshare", "--map-root-user", "--net", ...up],
  ].find(([program = "", ...args]) => spawnSync(program, [...args, "true"]).status === 0);

let known: { readonly cut: readonly string[] | undefined } | undefined;

/** Whether a program can be cut off here. */
export const canCutOff = (): boolean => (known ??= { cut: findCut() }).cut !== undefined;

/** Runs a program cut off the network, or, where that cannot be, with proxies that lead nowhere. @throws Error with what it said */
export const runCutOff = async (program: string, args: readonly string[], env = process.env): Promise<string> => {
  const cut = canCutOff() ? (known?.cut ?? []) : [];
  const [first = "", ...others] = [...cut, program, ...args];
  const nowhere = "http://127.0.0.1:9";
  try {
    const { stdout } = await promisify(execFile)(first, others, {
      cwd: root,
      env: {
        ...env,
        HTTP_PROXY: nowhere,
        HTTPS_PROXY: nowhere,
        http_proxy: nowhere,
        https_proxy: nowhere,
        NO_PROXY: "127.0.0.1",
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`, {
      cause: error,
    });
  }
};

/** What the smoke test found out. */
export interface Smoke {
  /** Which client did the calls. */
  readonly client: string;
  /** Files that the page names, all of them served. */
  readonly pageParts: number;
  readonly loopbackOnly: boolean;
  readonly version: string;
}

/** Uses a package as its first user would, see `package-smoke.ts`. `command` is how the package starts `outpost`. */
export const smoke = async (command: readonly string[]): Promise<Smoke> => {
  const home = mkdtempSync(join(tmpdir(), "outpost-home-"));
  try {
    const python = existsSync(venvPython) ? venvPython : "-";
    const script = join(root, "build", "package-smoke.ts");
    const output = await runCutOff(process.execPath, [script, home, python, ...command]);
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Smoke;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};
