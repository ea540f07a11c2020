import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { inspectBag } from "../../../../electron/remote/bundle/open.ts";
import { createRecipientKey, recipientWord } from "../../../../electron/remote/bundle/recipient.ts";
import { review } from "../../../../electron/sync/bundle/export.ts";
import { planImport } from "../../../../electron/sync/bundle/import.ts";
import type { Selection } from "../../../../electron/sync/bundle/select.ts";
import { ALL, EXPERIMENT, MODEL, RUN, VERSION, made, uidOf } from "../local-samples.ts";
import { filesOf, setupCarrier } from "../../../helpers/bundle-carry.ts";
import { lacking, runTool } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { password } from "../../../helpers/canary.ts";

const OTHER = made("experiment", uidOf("6"), null, { name: "other" });
const LOOSE = made("run", uidOf("7"), OTHER.uid, { name: "loose", status: "FINISHED", run_id: "e".repeat(32) });

const setup = async () => {
  const side = setupCarrier();
  await side.create([...ALL, OTHER, LOOSE]);
  return side;
};
const uidsOf = (refs: readonly { readonly uid: string }[]): string[] => refs.map(({ uid }) => uid);

test("a version brings its model, the run that it came from and that run's experiment, and nothing else", async () => {
  const { exporting } = await setup();
  const uidsIn = async (selection: Selection) => uidsOf((await review(exporting, { selection })).refs);
  const versioned = [EXPERIMENT, RUN, MODEL, VERSION].map(({ uid }) => uid);
  for (const version of ["1.2.0", "4", undefined])
    expect(await uidsIn({ models: [{ name: "Wald", version }] })).toEqual(versioned);
  expect(await uidsIn({ runs: ["e".repeat(32)] })).toEqual([OTHER.uid, LOOSE.uid]);
  expect(await uidsIn({ experiments: ["other"] })).toEqual([OTHER.uid, LOOSE.uid]);
});

test("a name that is not here is refused by name", async () => {
  const { exporting } = await setup();
  await expect(review(exporting, { selection: { models: [{ name: "nobody" }] } })).rejects.toThrow("'nobody'");
  await expect(review(exporting, { selection: { models: [{ name: "Wald", version: "9.9.9" }] } })).rejects.toThrow(
    "'9.9.9'",
  );
  await expect(review(exporting, { selection: { runs: ["0".repeat(32)] } })).rejects.toThrow("There is no run");
});

test("what is above the ceiling stays with all that belongs to it, each with its reason", async () => {
  const side = await setup();
  await side.local.write((writes) => {
    writes.set(EXPERIMENT, { "tag/classification": "secret" }, {});
    writes.set(OTHER, { "tag/classification": "official" }, {});
  });
  const found = await review(side.exporting, { selection: { all: true }, classMax: "official" });
  expect(uidsOf(found.refs)).toEqual([OTHER.uid, LOOSE.uid]);
  expect(found.class).toBe("official");
  expect(found.leftOut.find(({ uid }) => uid === RUN.uid)?.reason).toContain("'secret'");
  expect(found.leftOut.find(({ uid }) => uid === MODEL.uid)?.reason).toContain("no classification");
  expect((await review(side.exporting, { selection: { all: true } })).class).toBe("secret");
});

test("above a class a clear bundle is refused, and a sealed one is made", async () => {
  const side = await setup();
  await side.local.write((writes) => writes.set(OTHER, { "tag/classification": "secret" }, {}));
  const request = { selection: { experiments: ["other"] }, clearMax: "official" };
  await expect(side.write(request)).rejects.toThrow("has to be sealed");
  const label = await side.write({ ...request, seal: { passphrase: password() } });
  expect(label).toMatchObject({ sealed: true, verified: true, class: "secret" });
  const options = { trusted: () => "trusted" as const };
  await expect(inspectBag({ files: filesOf(label) }, options)).rejects.toThrow("sealed with a passphrase");
  expect((await inspectBag({ files: filesOf(label) }, { ...options, passphrase: password() })).digest).toBe(
    label.digest,
  );
  const word = recipientWord(createRecipientKey());
  expect(await side.write({ ...request, seal: { recipient: word } })).toMatchObject({ sealed: true, verified: false });
});

test("a bundle is cut into volumes, and nothing is left beside it, nor of one that was cancelled", async () => {
  const side = await setup();
  await side.addFile(RUN, "big.bin", "x".repeat(200_000));
  const label = await side.write({ volumeBytes: 65_536 });
  expect(label.files.length).toBeGreaterThan(3);
  const [first] = filesOf(label);
  expect(readdirSync(dirname(first ?? "")).length).toBe(label.files.length);
  expect((await side.open(filesOf(label))).bag.digest).toBe(label.digest);
  const out = dirname(first ?? "");
  const before = readdirSync(out).sort();
  await expect(side.write({ out, signal: AbortSignal.abort() })).rejects.toThrow();
  const abort = new AbortController();
  const cancelled = side.write({
    out,
    signal: abort.signal,
    onProgress: ({ phase }) => phase === "write" && abort.abort(),
  });
  await expect(cancelled).rejects.toThrow();
  expect(readdirSync(out).sort()).toEqual(before);
});

test("a bundle above the receiving machine's ceiling is refused by name", async () => {
  const [side, other] = [await setup(), setupCarrier()];
  await side.local.write((writes) => writes.set(OTHER, { "tag/classification": "secret" }, {}));
  const label = await side.write({ selection: { experiments: ["other"] } });
  await expect(other.plan(filesOf(label), { classMax: "official" })).rejects.toThrow(
    `'${label.name}' is classified 'secret'`,
  );
  expect(other.local.read(OTHER)).toBeUndefined();
  const { bag, source } = await other.open(filesOf(label));
  const lies = { ...bag, info: { ...bag.info, class: "public" } };
  const taking = planImport({ ...other.importing, classMax: "official" }, lies, source, { signal: other.signal });
  await expect(taking).rejects.toThrow("The experiment 'other'");
  expect((await other.plan(filesOf(label), { classMax: "secret" })).difference.new).toBe(2);
});

test("a file that neither the bundle nor this machine has is named", async () => {
  const [side, other] = [await setup(), setupCarrier()];
  await side.addFile(RUN, "weights.bin", "w".repeat(100));
  const files = filesOf(await side.write());
  const { bag, source } = await other.open(files);
  expect(bag.blobs.size).toBe(1);
  const planned = await planImport(other.importing, { ...bag, blobs: new Map() }, source, { signal: other.signal });
  expect(planned.difference).toMatchObject({ missing_count: 1, missing_files: ["run 'run 1': weights.bin"] });
});

const tools = lacking("tar", "sha256sum", "ssh-keygen");
test.skipIf(tools !== "")(
  `tools that every system has find it whole and signed${tools && `: no ${tools}`}`,
  async () => {
    const side = await setup();
    await side.addFile(RUN, "weights.bin", "w".repeat(100));
    const label = await side.write();
    const folder = temporaryFolder();
    expect(runTool("tar", ["-xf", filesOf(label)[0] ?? "", "-C", folder]).status).toBe(0);
    const cwd = join(folder, label.name);
    for (const list of ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
      expect(runTool("sha256sum", ["-c", "--quiet", list], { cwd })).toEqual({ status: 0, output: "" });
    const args = [
      "-Y",
      "verify",
      "-f",
      "allowed_signers",
      "-I",
      label.from,
      "-n",
      "outpost-bundle",
      "-s",
      "signature.sshsig",
    ];
    const input = readFileSync(join(cwd, "tagmanifest-sha256.txt"));
    const { status, output } = runTool("ssh-keygen", args, { cwd, input });
    expect([status, output]).toEqual([0, expect.stringContaining(label.fingerprint)]);
    expect(readFileSync(join(cwd, "data", "index.html"), "utf8")).toContain("run 1");
  },
);
