/** `node main.ts --port 0 [--variant older|newer] [--seed N] [--root /gitlab] [--set option=true]`: prints its address. */
import { parseArgs } from "node:util";
import { isOption, isVariant, optionNames } from "./options.ts";
import { startServers } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    variant: { type: "string", default: "newer" },
    seed: { type: "string", default: "1" },
    root: { type: "string", default: "" },
    set: { type: "string", multiple: true, default: [] },
  },
});

if (!isVariant(values.variant)) throw new Error("--variant is older or newer");
const options = Object.fromEntries(
  values.set.map((each) => {
    const [name = "", value] = each.split("=");
    if (!isOption(name) || (value !== "true" && value !== "false"))
      throw new Error(`--set NAME=true|false, NAME one of: ${optionNames.join(", ")}`);
    return [name, value === "true"];
  }),
);
const { port, seed, root, variant } = values;
const double = await startServers({ port: Number(port), seed: Number(seed), root, variant, options });
process.stdout.write(`${double.url}\n`);

/** Ends with its caller as well: a test runner that was killed leaves no server behind. */
const end = (): void => void double.close().then(() => process.exit(0));
process.on("SIGTERM", end);
process.on("SIGINT", end);
if (!process.stdin.isTTY) process.stdin.on("end", end).resume();
