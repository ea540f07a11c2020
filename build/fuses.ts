/** Electron's fuses as we ship them: switches inside the program's file, out of reach of environment and command line. */
import type { Configuration } from "electron-builder";

/** In the order of the wire inside the program. */
export const fuses = {
  runAsNode: false, // ELECTRON_RUN_AS_NODE would make a signed app run anybody's script
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true, // macOS and Windows; Linux has no place for the digest
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false, // the page comes over http; `file:` has no business here
} as const satisfies Configuration["electronFuses"];

/** What stands before the wire in the program; then its version, its length, and one character for each fuse. */
export const SENTINEL = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";

const wireVersion = 1;
const names = Object.keys(fuses) as readonly (keyof typeof fuses)[];

/** A wire with all fuses the other way round, as a stand-in for Electron carries it: setting them must show. */
export const oppositeWire = (): Buffer =>
  Buffer.concat([
    Buffer.from(SENTINEL, "latin1"),
    Buffer.from([wireVersion, names.length]),
    Buffer.from(names.map((name) => (fuses[name] ? "0" : "1")).join(""), "latin1"),
  ]);

/** The fuses set in a program. @throws Error where it has no wire of the known version. */
export const readFuses = (program: Buffer): Record<string, boolean> => {
  const at = program.lastIndexOf(SENTINEL, undefined, "latin1");
  if (at < 0 || program[at + SENTINEL.length] !== wireVersion)
    throw new Error("the program has no fuse wire of version 1");
  const start = at + SENTINEL.length + 2;
  return Object.fromEntries(names.map((name, index) => [name, program[start + index] === "1".charCodeAt(0)]));
};
