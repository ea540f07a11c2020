import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicySystem } from "../../../../electron/host/policy/system.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

export const ownUid = process.getuid?.() ?? 0;

/** A machine with a policy file of its own; whoever runs the test is its administrator. */
export const setupPolicy = (yaml?: string, over: Partial<PolicySystem> = {}) => {
  const folder = temporaryFolder();
  const file = join(folder, "policy.yaml");
  if (yaml !== undefined) {
    writeFileSync(file, yaml);
    chmodSync(file, 0o644);
  }
  const system: PolicySystem = {
    platform: "linux",
    file,
    administrator: ownUid,
    uid: ownUid,
    user: () => ({ home: "/home/mira", name: "mira" }),
    run: (program) => Promise.reject(new Error(`there is no ${program} here`)),
    ...over,
  };
  return { folder, file, system };
};
