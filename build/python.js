/** The project-local Python with the real MLflow client, which the conformance tests and the bench need. */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.js";
import { digestOf, giveUp, readIfThere, root, run, say } from "./root.js";

const requirements = join(root, "test", "conformance", "requirements.txt");
const venv = join(root, ".venv");
const stampFile = join(venv, ".outpost-stamp");
const isWindows = process.platform === "win32";

/** Path of the virtual environment's interpreter. */
export const venvPython = isWindows ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");

const isEnough = "import sys; sys.exit(sys.version_info < (3, 10))";

const findPython = () => {
  const names = isWindows ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
  return names.find(([program, ...args]) => spawnSync(program, [...args, "-c", isEnough]).status === 0);
};

/** Asks the environment itself whether every pinned package that applies to this Python is installed in its version. */
const askPins = `
import sys
from importlib import metadata
from pip._vendor.packaging.requirements import Requirement
for line in open(sys.argv[1]):
    if not line.strip() or line.startswith("#"): continue
    pin = Requirement(line)
    applies = pin.marker is None or pin.marker.evaluate()
    if applies and not pin.specifier.contains(metadata.version(pin.name)): sys.exit(pin.name)
`;

const agrees = () => existsSync(venvPython) && spawnSync(venvPython, ["-c", askPins, requirements]).status === 0;

const install = async () => {
  const python = findPython();
  if (!python) giveUp("the tests drive the real MLflow client: install Python 3.10 or newer as python3");
  const [program, ...args] = python;
  say("installing the MLflow client into .venv (once)");
  const toStderr = { stdio: ["ignore", 2, 2] };
  const made = await run(program, [...args, "-m", "venv", venv], toStderr);
  if (made !== 0)
    giveUp("python3 could not make a virtual environment: install its venv module (Debian: python3-venv)");
  const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", requirements];
  const status = await run(venvPython, pip, toStderr);
  if (status !== 0)
    giveUp(`pip install failed (exit ${status}): the first set-up needs a package index that pip can reach`);
};

/** Installs the pinned packages when the requirements are not those last installed; offline otherwise. Resolves with the interpreter. */
export const setUpPython = async () => {
  const isDone = () => existsSync(venvPython) && readIfThere(stampFile) === digestOf(requirements);
  if (!isDone()) {
    await withLock("python", async () => {
      if (isDone()) return;
      if (!agrees()) await install();
      writeFileSync(stampFile, digestOf(requirements));
    });
  }
  return venvPython;
};
