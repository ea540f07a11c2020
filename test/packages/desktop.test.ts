import { expect, test } from "vitest";
import { allowedBytes, checkDesktop } from "../../build/package-check.ts";
import { canCutOff } from "../../build/package-sandbox.ts";
import { manifest } from "../../build/package-stage.ts";

test.runIf(process.platform === "linux")(
  "the desktop package holds only what it should, is the same twice, and boots without a network",
  async () => {
    const { wrong, sizeBytes, asarSha256, smoke } = await checkDesktop();
    console.log(`app.asar ${asarSha256}, ${(sizeBytes / 1e6).toFixed(1)} MB without Electron, used by ${smoke.client}`);
    expect(wrong).toEqual([]);
    expect(sizeBytes).toBeGreaterThan(1_000_000);
    expect(sizeBytes).toBeLessThanOrEqual(allowedBytes);
    expect(smoke.version).toBe(manifest.version);
    if (canCutOff()) expect(smoke.loopbackOnly).toBe(true);
    expect(smoke.pageParts).toBeGreaterThan(2);
  },
);
