/** MLflow's Java client against a real Outpost. Needs a JDK and Maven; where they are missing the test says so and is skipped. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { clientEnvironment, startMlflow, venvCommand } from "../helpers/python.ts";

const run = promisify(execFile);
const java = join(import.meta.dirname, "java");

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** The client's jar files, fetched by Maven once into its own cache. */
const classPath = async (folder: string): Promise<string> => {
  const file = join(folder, "class-path");
  const goal = ["dependency:build-classpath", `-Dmdep.outputFile=${file}`];
  await run("mvn", ["-q", "-B", "-f", join(java, "pom.xml"), ...goal]);
  return readFileSync(file, "utf8").trim();
};

const missing = [has("javac", "-version") ? [] : ["a JDK"], has("mvn", "-v") ? [] : ["Maven"]].flat().join(" and ");

test.skipIf(missing !== "")(
  `the Java client does a run with metrics, params and an artifact${missing && ` (skipped: ${missing} not found)`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "outpost-java-"));
    const againstMlflow = process.env["CONFORMANCE_AGAINST"] === "mlflow";
    const server = againstMlflow ? await startMlflow(folder) : await startOutpost({ dataDir: join(folder, "data") });
    try {
      const env = clientEnvironment(server.url);
      const { stdout } = await run(
        "java",
        ["-cp", await classPath(folder), join(java, "ClientCheck.java"), server.url],
        { env: { ...env, PATH: `${dirname(venvCommand("mlflow"))}${delimiter}${env["PATH"] ?? ""}` } },
      );
      expect(stdout.trim().split("\n").at(-1)).toBe("done");
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
