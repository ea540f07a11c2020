/** Properties run over the same values every time, so that a change fails for itself; PROPERTY_SEED tries others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["PROPERTY_SEED"] ?? 20261121) });
