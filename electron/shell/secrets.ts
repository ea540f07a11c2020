/** Lets the page set, look for and remove secrets, and give a passphrase. No verb answers with a value. */
import { join } from "node:path";
import type { Feature } from "./context.ts";
import { createSecrets } from "./secret-store.ts";
import { handOverTokens } from "./remote-tokens.ts";

export const secrets: Feature = ({ electron, platform, profile, ipc, host, log }) => {
  const store = createSecrets({ path: join(profile, "secrets.json"), safeStorage: electron.safeStorage, platform });
  const tokens = handOverTokens({ store, host, log });
  ipc.handle("secrets", () => store.state());
  ipc.handle("hasSecret", (name) => store.has(name));
  ipc.handle("setSecret", async ({ name, value }) => {
    await store.set(name, value);
    void tokens.give(name);
    return store.state();
  });
  ipc.handle("removeSecret", async (name) => {
    await store.remove(name);
    return store.state();
  });
  ipc.handle("unlockSecrets", async (passphrase) => {
    await store.unlock(passphrase);
    void tokens.giveAll();
    return store.state();
  });
  ipc.handle("protectSecrets", async (passphrase) => {
    await store.protect(passphrase);
    return store.state();
  });
  ipc.handle("forgetSecrets", async () => {
    await store.forget();
    return store.state();
  });
  return { dispose: tokens.dispose };
};
