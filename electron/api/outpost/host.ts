import {
  getAbout,
  getStorage,
  listHostSettings,
  type About,
  type HostSetting,
  type Storage,
} from "../../../shared/api/outpost/host.ts";
import { reads, type Route } from "../route.ts";

/** What the settings pages read of the host. */
export interface HostFacts {
  readonly storage: () => Promise<Storage>;
  readonly about: () => About;
  readonly settings: () => { config_file: string; policy: string | null; settings: HostSetting[] };
}

export const hostRoutes = (facts: HostFacts): Route[] => [
  reads(getStorage, () => facts.storage()),
  reads(getAbout, () => facts.about()),
  reads(listHostSettings, () => facts.settings()),
];
