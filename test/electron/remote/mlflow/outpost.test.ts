/** The suite of all far sides, over HTTP against the app that hosts serve: another Outpost is an MLflow server too. */
import type { AddressInfo } from "node:net";
import { mlflowRemote } from "../../../helpers/mlflow-remote.ts";
import { setupApi } from "../../../helpers/setup-api.ts";
import { remoteContract } from "../remote.contract.ts";

remoteContract(
  "another Outpost",
  async () => {
    const { app, send } = setupApi();
    await app.listen({ host: "127.0.0.1", port: 0 });
    await send("POST", "/api/2.0/mlflow/experiments/delete", { experiment_id: "0" }); // the suite counts all there are
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    return { remote: mlflowRemote(url), other: mlflowRemote(url) };
  },
  { runsByStartOnly: true },
);
