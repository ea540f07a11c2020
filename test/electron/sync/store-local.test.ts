import { setupSyncFolder } from "../../helpers/sync-folder.ts";
import { localContract } from "./local.contract.ts";

localContract("the store's side of a sync", () => setupSyncFolder().local);
