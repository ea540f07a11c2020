/**
 * Templates of the administrators' policy for their own tools, from the one list of settings: Group Policy and a registry file on
 * Windows, a profile on macOS, `policy.yaml` on Linux. A new setting is in all of them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lockableNames, schemaOf, type SettingSchema } from "../electron/host/settings.ts";
import { appId } from "./electron-builder.ts";

const key = "Software\\Policies\\Outpost";

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const settingsInOrder = lockableNames.map((name) => ({ name, ...schemaOf(name) }));
type Lockable = (typeof settingsInOrder)[number];

/** Sentence case for a title: `require_token` → `Require token`. */
const titleOf = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const elementOf = ({ name, type, enum: words, minimum, maximum }: Lockable): string => {
  const head = `id="${name}" valueName="${name}" required="true"`;
  if (type === "integer") return `<decimal ${head} minValue="${minimum ?? 0}" maxValue="${maximum ?? 4294967295}"/>`;
  if (type === "array") return `<multiText id="${name}" valueName="${name}"/>`;
  if (words === undefined) return `<text ${head}/>`;
  const items = words.map(
    (word) =>
      `<item displayName="$(string.${name}_${word.replaceAll(/\W/g, "_")})"><value><string>${word}</string></value></item>`,
  );
  return `<enum ${head}>${items.join("")}</enum>`;
};

const policyOf = (setting: Lockable): string => {
  const { name, type } = setting;
  const isSwitch = type === "boolean";
  const own = isSwitch
    ? `<enabledValue><decimal value="1"/></enabledValue><disabledValue><decimal value="0"/></disabledValue>`
    : `<elements>${elementOf(setting)}</elements>`;
  const more = isSwitch ? ` valueName="${name}"` : ` presentation="$(presentation.${name})"`;
  return `    <policy name="${name}" class="Machine" displayName="$(string.${name})" explainText="$(string.${name}_explain)" key="${key}"${more}>
      <parentCategory ref="outpost"/><supportedOn ref="any"/>${own}
    </policy>`;
};

const microsoft = `xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0"`;

/** Group Policy's definitions; to be copied into `PolicyDefinitions`. */
export const admx = (): string => `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitions ${microsoft}>
  <policyNamespaces><target prefix="outpost" namespace="Outpost.Policies"/></policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <supportedOn><definitions><definition name="any" displayName="$(string.any)"/></definitions></supportedOn>
  <categories><category name="outpost" displayName="$(string.outpost)"/></categories>
  <policies>
${settingsInOrder.map(policyOf).join("\n")}
  </policies>
</policyDefinitions>
`;

const presentationOf = ({ name, type, enum: words }: Lockable): string[] => {
  const title = titleOf(name);
  const control =
    type === "integer"
      ? `<decimalTextBox refId="${name}">${title}</decimalTextBox>`
      : type === "array"
        ? `<multiTextBox refId="${name}">${title}</multiTextBox>`
        : words === undefined
          ? `<textBox refId="${name}"><label>${title}</label></textBox>`
          : `<dropdownList refId="${name}" noSort="true">${title}</dropdownList>`;
  return type === "boolean" ? [] : [`      <presentation id="${name}">${control}</presentation>`];
};

const stringsOf = ({ name, description, enum: words = [] }: Lockable): [string, string][] => [
  [name, titleOf(name)],
  [
    `${name}_explain`,
    `${description}.\n\nLocks this setting for everybody on the machine. Not configured: everybody chooses.`,
  ],
  ...words.map((word): [string, string] => [`${name}_${word.replaceAll(/\W/g, "_")}`, word]),
];

/** The texts of the definitions, in English. */
export const adml = (): string => {
  const strings = [["outpost", "Outpost"], ["any", "Every version"], ...settingsInOrder.flatMap(stringsOf)];
  return `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitionResources ${microsoft}>
  <displayName>Outpost</displayName>
  <description>Settings of Outpost that this machine locks</description>
  <resources>
    <stringTable>
${strings.map(([id = "", text = ""]) => `      <string id="${id}">${escapeXml(text)}</string>`).join("\n")}
    </stringTable>
    <presentationTable>
${settingsInOrder.flatMap(presentationOf).join("\n")}
    </presentationTable>
  </resources>
</policyDefinitionResources>
`;
};

/** What a template locks, for a start: nothing that surprises, and one lock that shows the form. */
const example: Readonly<Record<string, boolean>> = { require_token: true };

const about = ({ name, description, enum: words, minimum, maximum }: Lockable): string => {
  const range = words ? `one of ${words.join(", ")}` : minimum === undefined ? "" : `${minimum} to ${maximum ?? "any"}`;
  return `${name}: ${description}${range && ` (${range})`}`;
};

/** A file for `reg import`. */
export const registryFile = (): string =>
  [
    "Windows Registry Editor Version 5.00",
    "",
    "; Settings of Outpost that this machine locks. Texts are strings, numbers and yes/no are dwords, lists are multi-strings.",
    ...settingsInOrder.map((setting) => `; ${about(setting)}`),
    "",
    `[HKEY_LOCAL_MACHINE\\${key}]`,
    ...Object.entries(example).map(([name, value]) => `"${name}"=dword:0000000${value ? 1 : 0}`),
    "",
  ].join("\r\n");

/** A configuration profile for macOS' device management. */
export const profile = (): string => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>PayloadType</key><string>Configuration</string>
    <key>PayloadIdentifier</key><string>${appId}.policy</string>
    <key>PayloadUUID</key><string>7C1E6C0E-1B0D-4E0B-8F0B-3F0D4B9C5A01</string>
    <key>PayloadVersion</key><integer>1</integer>
    <key>PayloadScope</key><string>System</string>
    <key>PayloadDisplayName</key><string>Outpost</string>
    <key>PayloadContent</key>
    <array>
      <dict>
        <key>PayloadType</key><string>${appId}</string>
        <key>PayloadIdentifier</key><string>${appId}.policy.settings</string>
        <key>PayloadUUID</key><string>7C1E6C0E-1B0D-4E0B-8F0B-3F0D4B9C5A02</string>
        <key>PayloadVersion</key><integer>1</integer>
${settingsInOrder.map((setting) => `        <!-- ${escapeXml(about(setting)).replaceAll("--", "- -")} -->`).join("\n")}
${Object.entries(example)
  .map(([name, value]) => `        <key>${name}</key><${value}/>`)
  .join("\n")}
      </dict>
    </array>
  </dict>
</plist>
`;

const yamlValue = ({ type, default: preset, enum: words }: SettingSchema): string => {
  if (preset !== undefined) return JSON.stringify(preset);
  return type === "integer" ? "5000" : type === "string" ? (words?.[0] ?? "~/outpost") : "[]";
};

/** `/etc/outpost/policy.yaml`: every setting, all of them commented out but the example. */
export const policyYaml = (): string =>
  [
    "# /etc/outpost/policy.yaml: settings of Outpost that this machine locks. Must belong to root, writable by nobody else.",
    ...settingsInOrder.flatMap((setting) => {
      const given = Object.entries(example).find(([name]) => name === setting.name)?.[1];
      const line = `${setting.name}: ${given === undefined ? yamlValue(setting) : String(given)}`;
      return ["", `# ${about(setting)}`, given === undefined ? `# ${line}` : line];
    }),
    "",
  ].join("\n");

/** The templates by file name. */
export const policyTemplates = (): Readonly<Record<string, string>> => ({
  "windows/outpost.admx": admx(),
  "windows/en-US/outpost.adml": adml(),
  "windows/outpost.reg": registryFile(),
  "macos/outpost.mobileconfig": profile(),
  "linux/policy.yaml": policyYaml(),
});

/** Writes all templates below the folder. */
export const writePolicies = (folder: string): void => {
  for (const [name, text] of Object.entries(policyTemplates())) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
