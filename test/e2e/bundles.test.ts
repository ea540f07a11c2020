import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lacking } from "../helpers/setup-bundle.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";
import { password } from "../helpers/canary.ts";

/** One journey in its order: what one machine makes another one takes in, and its answer comes back. */
const PASSPHRASE = password("correct horse ");
const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-bundles-"));
const SLOW_MS = 60_000;
interface Side {
  readonly host: ServerProcess;
  readonly surfer: Surfer;
  readonly context: BrowserContext;
}
const sides = new Map<"home" | "lab", Side>();
const at = (name: "home" | "lab"): Side => {
  const side = sides.get(name);
  if (!side) throw new Error(`${name} was not started`);
  return side;
};
let seed: Seed | undefined;

beforeAll(async () => {
  for (const name of ["home", "lab"] as const) {
    const host = await startOutpost({ dataDir: join(folder, name) });
    const surfer = await startBrowser(host.url);
    sides.set(name, { host, surfer, context: await surfer.profile({ expects: [400] }) });
  }
  seed = createSeed(at("home").host.url);
  const experiment = await seed.experiment("carried");
  const run = await seed.run(experiment, { name: "first", params: { lr: "0.1" }, metrics: { loss: [0.5, 0.25] } });
  await seed.artifact(experiment, run, "model/MLmodel", Buffer.from("artifact_path: model\nflavors: {}\n"));
  await seed.artifact(experiment, run, "model/weights.bin", Buffer.alloc(1_500_000, "w"));
  await seed.model("leaver", "Predicts who leaves.");
  await seed.version("leaver", experiment, run);
  await seed.model("other");
}, 60_000);
afterAll(async () => {
  seed?.close();
  for (const { host } of sides.values()) await host.stop();
  rmSync(folder, { recursive: true, force: true });
  for (const { surfer } of sides.values()) await surfer.settle().finally(surfer.close);
});

const open = async (name: "home" | "lab", route = "/sync/bundles"): Promise<Page> => {
  const { surfer, context } = at(name);
  const page = await surfer.open(route, { context });
  page.setDefaultTimeout(SLOW_MS);
  return page;
};
const region = (page: Page, name: string | RegExp) => page.getByRole("region", { name });
const make = (page: Page) => region(page, "Make a bundle");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Fetches a file as a person does, by the browser. */
const fetchBy = async (page: Page, name: RegExp, to: string): Promise<string> => {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name }).first().click(),
  ]);
  const path = join(folder, to, download.suggestedFilename());
  await download.saveAs(path);
  return path;
};
/** Drops a file onto the page, as from a file manager. */
const dropOn = async (page: Page, name: string, content: Buffer): Promise<void> => {
  const data = await page.evaluateHandle(
    ({ base64, as }) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], as));
      return transfer;
    },
    { base64: content.toString("base64"), as: name },
  );
  const place = region(page, "Take a bundle in");
  await place.dispatchEvent("dragover", { dataTransfer: data });
  await place.dispatchEvent("drop", { dataTransfer: data });
};
const digits = (page: Page, within: string | RegExp) =>
  region(page, within).getByTitle("The fingerprint as digits, for reading aloud").first().innerText();

let archive = "";
let key = "";

test("a signed bundle is made of one model and fetched by the browser", async () => {
  mkdirSync(join(folder, "stick"));
  const page = await open("home");
  await page.getByRole("heading", { name: "No bundles yet" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("radio", { name: /^A model/ }).check();
  expect(await make(page).getByRole("button", { name: "Make a bundle" }).isDisabled()).toBe(true);
  await page.getByLabel("Name of the model").fill("leaver");
  await make(page).getByRole("button", { name: "Make a bundle" }).click();
  await page.getByText("Read back and found whole").waitFor();
  expect(await violations(page)).toEqual([]);
  archive = await fetchBy(page, /^Download.*\.tar$/, "stick");
  await region(page, "Keys").getByRole("button", { name: "Copy the public key" }).click();
  key = await page.evaluate(() => navigator.clipboard.readText());
  expect(key).toMatch(/^ssh-ed25519 \S+ \S+/);
  await page.close();
}, 120_000);

const missing = lacking("tar", "sha256sum", "ssh-keygen");
test.skipIf(missing)("tools that every system has find it whole and signed by that key, with no app", () => {
  const bag = join(folder, "unpacked");
  mkdirSync(bag);
  execFileSync("tar", ["-xf", archive, "-C", bag]);
  const [name = ""] = readdirSync(bag);
  const root = join(bag, name);
  for (const manifest of ["manifest-sha256.txt", "tagmanifest-sha256.txt"]) {
    const told = execFileSync("sha256sum", ["-c", "--strict", manifest], { cwd: root }).toString();
    expect(told).not.toBe("");
    expect(told.split("\n").filter((line) => line !== "" && !line.endsWith(": OK"))).toEqual([]);
  }
  const [type = "", body = "", from = ""] = key.split(" ");
  writeFileSync(join(folder, "allowed_signers"), `${from} ${type} ${body}\n`);
  const told = execFileSync(
    "ssh-keygen",
    [
      "-Y",
      "verify",
      "-f",
      join(folder, "allowed_signers"),
      "-I",
      from,
      "-n",
      "outpost-bundle",
      "-s",
      "signature.sshsig",
    ],
    { cwd: root, input: readFileSync(join(root, "tagmanifest-sha256.txt")) },
  );
  expect(told.toString()).toContain("Good");
});

test("it is dropped on another machine's page: checked, its signer compared aloud, the difference seen, taken in", async () => {
  const page = await open("lab");
  await dropOn(page, "from stick.tar", readFileSync(archive));
  const opened = region(page, "from_stick.tar");
  await opened.getByText("Whole, every byte checked.").waitFor();
  await opened.getByText("This key is not known here.").waitFor();
  const home = await open("home");
  expect(await digits(page, "from_stick.tar"), "both read the same digits").toBe(await digits(home, "Keys"));
  await home.close();
  expect(await button(page, "Compare with what is here").isDisabled()).toBe(true);
  await page.getByLabel("I have compared the fingerprint").check();
  await button(page, "Compare with what is here").click();
  await button(page, "Import").waitFor();
  expect(await violations(page)).toEqual([]);
  await button(page, "Import").click();
  await page.getByText(/^Taken in: \d+ objects/).waitFor();
  await page.getByRole("link", { name: "Models", exact: true }).last().click();
  await page.getByRole("link", { name: "leaver" }).first().click();
  await page.getByText("Predicts who leaves.").first().waitFor();
  await page.goto(`${at("lab").host.url}/#/models/leaver/versions/1`);
  await page.getByText("weights.bin").first().waitFor();
  expect(await page.getByRole("link", { name: "other" }).count(), "what was not chosen did not come").toBe(0);
  await page.close();
}, 180_000);

test("a receipt is written there, carried back and settled: the next bundle leaves out what has arrived", async () => {
  const lab = await open("lab");
  await region(lab, "Workstations")
    .getByRole("button", { name: /^Write a receipt/ })
    .click();
  await lab.getByText(/^A receipt for outpost-.* objects is written/).waitFor();
  const receipt = await fetchBy(lab, /^Download$/, "stick");
  await lab.close();

  const home = await open("home");
  await home.getByLabel("Choose a file, or drop it here").setInputFiles(receipt);
  await home.getByText("A receipt, whole.").waitFor();
  await home.getByLabel("I have compared the fingerprint").check();
  await button(home, "Settle this receipt").click();
  await home.getByText(/has \d+ more objects as they are here/).waitFor();
  await region(home, "Workstations")
    .getByRole("button", { name: /^Make what it lacks/ })
    .click();
  await make(home).getByRole("button", { name: "Make a bundle" }).click();
  await home.getByText("Read back and found whole").waitFor();
  const held = make(home).getByText(/^\d+ objects?, /);
  expect(await held.innerText(), "the other model alone, with what stands above it").toMatch(/^[12] objects?, /);
  await home.close();
}, 180_000);

test("sealed for one workstation and cut into volumes: only that one opens it, all volumes together", async () => {
  const lab = await open("lab");
  await region(lab, "Keys").getByRole("button", { name: "Copy the recipient’s key" }).click();
  const recipient = await lab.evaluate(() => navigator.clipboard.readText());
  const home = await open("home");
  await home.getByRole("radio", { name: /^One workstation/ }).check();
  await home.getByLabel("Recipient’s key").fill(recipient);
  await home.getByText("More", { exact: true }).first().click();
  await home.getByLabel("Cut to the medium").selectOption("other");
  await home.getByLabel("Size of a volume").fill("1 MB");
  expect(await violations(home)).toEqual([]);
  await make(home).getByRole("button", { name: "Make a bundle" }).click();
  await home.getByText("Sealed for its recipient").waitFor();
  await home.close();
  const made = readdirSync(join(folder, "home", "bundles")).filter((name) => /\.sealed\.\d{3}$|\.sha256$/.test(name));
  expect(made.length).toBeGreaterThan(2);

  const files = made.map((name) => join(folder, "home", "bundles", name));
  await lab.getByLabel("Choose a file, or drop it here").setInputFiles(files);
  await lab.getByLabel("Passphrase of the bundle").waitFor();
  await button(lab, "Check").click();
  await lab.getByText("Whole, every byte checked.").waitFor();
  await lab.getByText("This key is trusted here.").waitFor();
  await button(lab, "Compare with what is here").click();
  await button(lab, "Import").click();
  await lab.getByText(/^Taken in: \d+ objects/).waitFor();
  await lab.goto(`${at("lab").host.url}/#/models`);
  await lab.getByRole("link", { name: "other" }).first().waitFor();
  await lab.close();
}, 180_000);

test("a passphrase seals; a wrong one is told, and the right one goes on", async () => {
  const home = await open("home");
  await home.getByRole("radio", { name: /^Whoever knows a passphrase/ }).check();
  await home.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await make(home).getByRole("button", { name: "Make a bundle" }).click();
  await home.getByText("Read back and found whole").waitFor();
  const sealed = await fetchBy(home, /^Download.*\.tar\.sealed$/, "stick");
  await home.close();
  const lab = await open("lab");
  await lab.getByLabel("Choose a file, or drop it here").setInputFiles(sealed);
  await lab.getByLabel("Passphrase of the bundle").fill(`not ${PASSPHRASE}`);
  await button(lab, "Check").click();
  await lab
    .getByRole("alert")
    .getByText(/passphrase/i)
    .first()
    .waitFor();
  await lab.getByLabel("Passphrase of the bundle").fill(PASSPHRASE);
  await button(lab, "Check").click();
  await lab.getByText("Whole, every byte checked.").waitFor();
  await lab.close();
}, 180_000);

test("keys are trusted by their line, forgotten again, and what is no key is refused by name", async () => {
  const page = await open("lab");
  const keys = region(page, "Keys");
  const [type = "", body = ""] = key.split(" ");
  await keys
    .getByText(/^outpost-/)
    .first()
    .waitFor();
  await keys.getByRole("button", { name: /^Trust no longer/ }).click();
  await page
    .getByRole("dialog")
    .or(page.getByRole("alertdialog"))
    .getByRole("button", { name: "Trust no longer" })
    .click();
  await keys.getByText("No key yet.").waitFor();
  await keys.getByText("Trust a key").click();
  await keys.getByLabel("Public key").fill("ssh-rsa AAAA");
  await button(page, "Trust this key").click();
  await keys.getByRole("alert").waitFor();
  await keys.getByLabel("Public key").fill(`${type} ${body}`);
  await keys.getByLabel("Whose it is").fill("Home, by telephone");
  await button(page, "Trust this key").click();
  await keys.getByText("Home, by telephone", { exact: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.close();
}, 120_000);
