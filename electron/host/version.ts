import manifest from "../../package.json" with { type: "json" };

/** Outpost's own version. What `/version` answers is MLflow's. */
export const version: string = manifest.version;
