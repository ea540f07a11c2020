import { createContext } from "svelte";
import type { Call } from "../../shared/api/client.ts";
import type { Live } from "./live.svelte.ts";

/** What pages reach the host by; a test passes fakes. */
export const [getCall, setCall] = createContext<Call>();
export const [getLive, setLive] = createContext<Live>();
