/** The macOS app as electron-builder writes it, from a stand-in for Electron: what its property list says and what lies inside. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { getRawHeader } from "@electron/asar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appId, bundleExtension, scheme } from "../../build/electron-builder.ts";
import { fuses, oppositeWire, readFuses } from "../../build/fuses.ts";
import { filesIn } from "../../build/package-contents.ts";
import { runCutOff } from "../../build/package-sandbox.ts";
import { manifest } from "../../build/package-stage.ts";
import { root } from "../../build/root.js";

const work = mkdtempSync(join(tmpdir(), "outpost-mac-"));
const contents = join(work, "desktop", "mac-arm64", "Outpost.app", "Contents");
const framework = "Frameworks/Electron Framework.framework";

const plist = (executable: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${executable}</string></dict></plist>
`;

/** Electron's parts that electron-builder renames or writes into. */
const standIn: Readonly<Record<string, string | Buffer>> = {
  "Info.plist": plist("Electron"),
  "MacOS/Electron": "stand-in",
  "Resources/en.lproj/x": "stand-in",
  "Resources/ko.lproj/x": "stand-in",
  "Resources/de.lproj/x": "stand-in",
  [`${framework}/Electron Framework`]: oppositeWire(),
  [`${framework}/Versions/A/Resources/en.lproj/locale.pak`]: "stand-in",
  "Frameworks/Electron Helper.app/Contents/Info.plist": plist("Electron Helper"),
  "Frameworks/Electron Helper.app/Contents/MacOS/Electron Helper": "stand-in",
};

beforeAll(async () => {
  if (process.platform !== "linux") return;
  for (const [path, content] of Object.entries(standIn)) {
    const file = join(work, "electron", "Electron.app", "Contents", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const order = ["--system", "mac", "--processor", "arm64", "--folder-only", "--work", work];
  const args = [join(root, "build", "package.ts"), ...order, "--electron", join(work, "electron")];
  await runCutOff(process.execPath, args, { ...process.env, HOME: join(work, "home"), CI: "true" });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const onLinux = test.runIf(process.platform === "linux");
const read = (path: string): Buffer => readFileSync(join(contents, path));

onLinux("the property list names the app, its scheme, its files and the digest of its archive", () => {
  const info = read("Info.plist").toString().replaceAll(/\s+/g, "");
  const holds = (key: string, value: string): void => expect(info).toContain(`<key>${key}</key>${value}`);
  holds("CFBundleIdentifier", `<string>${appId}</string>`);
  holds("CFBundleShortVersionString", `<string>${manifest.version}</string>`);
  holds("CFBundleURLSchemes", `<array><string>${scheme}</string></array>`);
  holds("CFBundleTypeExtensions", `<array><string>${bundleExtension}</string></array>`);
  holds("LSApplicationCategoryType", "<string>public.app-category.developer-tools</string>");
  holds("NSSupportsSuddenTermination", "<false/>");
  const { headerString } = getRawHeader(join(contents, "Resources", "app.asar"));
  const digest = createHash("sha256").update(headerString).digest("hex");
  holds(
    "ElectronAsarIntegrity",
    `<dict><key>Resources/app.asar</key><dict><key>algorithm</key><string>SHA256</string>`,
  );
  holds("hash", `<string>${digest}</string>`);
});

onLinux("its own icon, the binding's binary for its processor, papers and three languages are inside", () => {
  expect(read("Resources/icon.icns").subarray(0, 4).toString()).toBe("icns");
  expect(filesIn(join(contents, "Resources", "app.asar.unpacked"))).toEqual([
    "node_modules/better-sqlite3/prebuilds/darwin-arm64.node",
  ]);
  const beside = filesIn(join(contents, "Resources"));
  expect(beside).toEqual(expect.arrayContaining(["LICENSE", "THIRD-PARTY-LICENSES.txt", "sbom.cdx.json"]));
  expect(beside.filter((path) => path.includes(".lproj"))).toEqual(["en.lproj/x", "ko.lproj/x"]);
});

onLinux("the fuses are set in the framework, which is where macOS has them", () => {
  expect(readFuses(read(`${framework}/Electron Framework`))).toEqual(fuses);
});
