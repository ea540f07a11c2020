/**
 * What electron-builder makes of the staged app, for three systems. No publishing, no update check, no native rebuild (the binding brings
 * its binaries), and no file beside those that `package-stage.ts` wrote.
 */
import { join, relative } from "node:path";
import type { Configuration } from "electron-builder";
import { fuses } from "./fuses.ts";
import { electronVersion } from "./package-stage.ts";
import { root } from "./root.js";

/** Where things are, all of them below the checkout or absolute. */
export interface Places {
  /** The staged app. */
  readonly app: string;
  /** Licences and bill of materials, to lie beside the app where a person finds them. */
  readonly papers: string;
  /** What `drawPackageIcons` drew. */
  readonly icons: string;
  readonly output: string;
  /** A folder or archive with Electron, instead of a download. */
  readonly electronDist?: string;
}

/** Carried work from a workstation without a network; opening one shows what is in it before anything is imported. */
export const bundleExtension = "outpost-bundle";

/** Scheme of links that open a page of the app. */
export const scheme = "outpost";

export const appId = "app.outpost.Outpost";

/** Whom a package names. A distributor puts its own address here; packages of Debian and Red Hat must have one. */
const maintainer = {
  name: "Outpost contributors",
  email: process.env["OUTPOST_MAINTAINER_EMAIL"] ?? "maintainers@outpost.invalid",
  homepage: process.env["OUTPOST_HOMEPAGE"] ?? "https://outpost.invalid/",
};

/** The binding with the binary of one system, whose processor electron-builder fills in. */
const bindingOf = (system: "linux" | "darwin" | "win32") => ({
  from: "node_modules/better-sqlite3",
  to: "node_modules/better-sqlite3",
  filter: ["package.json", "LICENSE", "lib/**", `prebuilds/${system}-\${arch}.node`],
});

const bothProcessors = (...targets: readonly string[]) =>
  targets.map((target) => ({ target, arch: ["x64" as const, "arm64" as const] }));

const windows = (icons: string): Pick<Configuration, "win" | "nsis" | "msiWrapped"> => ({
  win: {
    icon: join(icons, "icon.ico"),
    // The MSI wraps the installer of its own processor, which must have been made before it.
    target: [...bothProcessors("nsis"), { target: "msiWrapped", arch: ["x64"] }],
    files: [bindingOf("win32")],
    requestedExecutionLevel: "asInvoker",
  },
  nsis: {
    oneClick: true, // no question; `/S` shows no window either
    perMachine: false, // into the user's profile: nobody needs to be an administrator
    allowElevation: false,
    buildUniversalInstaller: false,
    deleteAppDataOnUninstall: false, // runs and models are not the installer's to delete
    differentialPackage: false,
    runAfterFinish: true,
    include: "build/win/installer.nsh",
  },
  msiWrapped: {
    perMachine: false,
    impersonate: true, // the wrapped installer writes into the profile of whoever it runs as
    wrappedInstallerArgs: "/S",
    upgradeCode: "5B6E0E0C-6B0B-4B5D-9B59-6D4E3D1F7A21",
  },
});

const mac = (icons: string): Pick<Configuration, "mac" | "dmg"> => ({
  mac: {
    icon: join(icons, "icon.icns"),
    target: bothProcessors("dmg", "zip"),
    files: [bindingOf("darwin")],
    category: "public.app-category.developer-tools",
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: "build/mac/entitlements.plist",
    entitlementsInherit: "build/mac/entitlements-inherit.plist",
    extendInfo: { NSSupportsAutomaticTermination: false, NSSupportsSuddenTermination: false },
  },
  dmg: { writeUpdateInfo: false, title: "${productName} ${version}" },
});

const linux = (icons: string): Pick<Configuration, "linux" | "deb" | "rpm" | "toolsets"> => ({
  linux: {
    icon: join(icons, "linux"),
    target: bothProcessors("deb", "rpm", "AppImage", "tar.gz"),
    files: [bindingOf("linux")],
    executableName: "outpost-desktop", // `outpost` is the command line's name
    syncDesktopName: true,
    maintainer: `${maintainer.name} <${maintainer.email}>`,
    vendor: maintainer.name,
    synopsis: "Local MLflow tracking server and model registry",
    category: "Development;Science;",
    desktop: {
      entry: {
        GenericName: "Experiment tracking",
        Keywords: "mlflow;machine learning;experiment;metrics;model registry;",
        StartupNotify: "true",
        SingleMainWindow: "true",
      },
    },
    extraResources: [{ from: "build/linux/README.md", to: "LINUX.md" }],
  },
  deb: { packageCategory: "science", priority: "optional" },
  rpm: { packageCategory: "Applications/Engineering" },
  // The older one needs libfuse2, which today's systems do not bring.
  toolsets: { appimage: "1.0.3" },
});

const pathFrom = (folder: string): string => relative(root, folder) || ".";

/** The whole configuration, for the places given. */
export const configuration = ({ app, papers, icons, output, electronDist }: Places): Configuration => ({
  appId,
  productName: "Outpost",
  copyright: "Copyright (c) 2026 Outpost contributors",
  artifactName: "${productName}-${version}-${os}-${arch}.${ext}",
  electronVersion: electronVersion(),
  ...(electronDist !== undefined && { electronDist }),
  directories: { app: pathFrom(app), output: pathFrom(output), buildResources: pathFrom(icons) },
  extraMetadata: {
    author: { name: maintainer.name, email: maintainer.email },
    homepage: maintainer.homepage,
  },
  asar: true,
  asarUnpack: ["**/*.node"], // a library is loaded from a file of its own
  files: ["package.json", "dist/**"],
  extraResources: [{ from: papers, to: "." }],
  beforeBuild: () => Promise.resolve(false), // what is in the staged app is all there is: collect nothing, rebuild nothing
  electronFuses: { ...fuses, resetAdHocDarwinSignature: process.platform === "darwin" }, // by a tool of that system
  electronLanguages: ["en-US", "ko", "ja"],
  protocols: [{ name: "Outpost", schemes: [scheme] }],
  fileAssociations: [
    {
      ext: bundleExtension,
      name: "Outpost bundle",
      description: "Outpost bundle",
      mimeType: "application/vnd.outpost.bundle",
      role: "Viewer",
      rank: "Owner",
    },
  ],
  publish: null,
  compression: "normal",
  ...windows(icons),
  ...mac(icons),
  ...linux(icons),
});
