/** The shell's features, in the order of their start. Each is one function of the context. */
import type { Feature } from "./context.ts";

export const features: readonly Feature[] = [];
