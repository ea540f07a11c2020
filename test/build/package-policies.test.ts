import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { afterEach, beforeEach, expect, test } from "vitest";
import { admx, adml, policyYaml, profile, registryFile } from "../../build/policies.ts";
import { readPolicy } from "../../electron/host/policy/policy.ts";
import { thisSystem } from "../../electron/host/policy/system.ts";
import { lockableNames, schemaOf } from "../../electron/host/settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outpost-policies-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every element of a document under its name. @throws where it is not well-formed */
const parse = (text: string) => {
  const complaints: string[] = [];
  const onError = (message: string): void => void complaints.push(message);
  const document = new DOMParser({
    errorHandler: { warning: onError, error: onError, fatalError: onError },
  }).parseFromString(text, "text/xml");
  expect(complaints).toEqual([]);
  return (name: string) => [...Array.from(document.getElementsByTagName(name))];
};

const attributes = (text: string, element: string, name: string): string[] =>
  parse(text)(element).map((one) => one.getAttribute(name) ?? "");

test("Group Policy has every setting that can be locked, once, under the key that is read", () => {
  expect(attributes(admx(), "policy", "name")).toEqual([...lockableNames]);
  expect(new Set(attributes(admx(), "policy", "key"))).toEqual(new Set(["Software\\Policies\\Outpost"]));
  expect(new Set(attributes(admx(), "policy", "class"))).toEqual(new Set(["Machine"]));
});

test("each text and each control that the definitions name is there, and none is too many", () => {
  const named = (kind: string): Set<string> =>
    new Set([...admx().matchAll(new RegExp(`\\$\\(${kind}\\.([^)]+)\\)`, "g"))].map(([, id]) => id!));
  expect(new Set(attributes(adml(), "string", "id"))).toEqual(named("string"));
  expect(new Set(attributes(adml(), "presentation", "id"))).toEqual(named("presentation"));
});

test("numbers have the bounds of the setting, words are a choice, lists are lists", () => {
  const numbers = lockableNames.filter((name) => schemaOf(name).type === "integer");
  expect(attributes(admx(), "decimal", "valueName").filter(Boolean)).toEqual(numbers);
  expect(attributes(admx(), "decimal", "maxValue").filter(Boolean)).toEqual(
    numbers.map((name) => String(schemaOf(name).maximum)),
  );
  expect(attributes(admx(), "enum", "id")).toEqual(lockableNames.filter((name) => schemaOf(name).enum !== undefined));
  expect(attributes(admx(), "multiText", "id")).toEqual(
    lockableNames.filter((name) => schemaOf(name).type === "array"),
  );
});

test("the registry file names every setting and writes one lock", () => {
  const lines = registryFile().split("\r\n");
  expect(lines[0]).toBe("Windows Registry Editor Version 5.00");
  expect(lines).toContain("[HKEY_LOCAL_MACHINE\\Software\\Policies\\Outpost]");
  expect(lines).toContain('"require_token"=dword:00000001');
  for (const name of lockableNames) expect(lines.some((line) => line.startsWith(`; ${name}: `))).toBe(true);
});

test("the profile is a property list of a payload in the app's domain", () => {
  const keys = parse(profile())("key").map((one) => one.textContent);
  expect(keys).toEqual(expect.arrayContaining(["PayloadContent", "require_token"]));
  expect(profile()).toContain("<key>PayloadType</key><string>app.outpost.Outpost</string>");
});

test.runIf(process.platform === "linux")("policy.yaml locks its example, and each of its lines would", async () => {
  const file = join(folder, "policy.yaml");
  const system = { ...thisSystem, file, administrator: process.getuid!() };
  const locks = async (text: string): Promise<string[]> => {
    writeFileSync(file, text, { mode: 0o644 });
    return [...((await readPolicy({}, system))?.locks.keys() ?? [])];
  };
  expect(await locks(policyYaml())).toEqual(["require_token"]);
  expect(await locks(policyYaml().replaceAll(/^# (\w+: (?=\S+$))/gm, "$1"))).toEqual([...lockableNames]);
});
