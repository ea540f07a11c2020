/** Where a model version comes from and what else came of the same. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Required } from "../wire.ts";
import { Nullable, OUTPOST_API, Text } from "./words.ts";

const VersionRef = Type.Object({ name: Text(), version: Text(), semver: Text(), aliases: Type.Array(Text()) });
const LoggedModelRef = Type.Object({ model_id: Text(), name: Text(), experiment_id: Nullable(Text()) });

export const Lineage = Type.Object({
  datasets: Type.Array(Type.Object({ name: Text(), digest: Text(), context: Nullable(Text()) })),
  models_read: Type.Array(LoggedModelRef), // logged models that the run took as its input
  run: Nullable(
    Type.Object({
      run_id: Text(),
      run_name: Nullable(Text()), // null where the run is not kept here
      experiment_id: Nullable(Text()),
      experiment_name: Nullable(Text()),
      deleted: Type.Boolean(),
    }),
  ),
  logged_model: Nullable(LoggedModelRef),
  copied_from: Nullable(VersionRef), // the version whose files this one was made of
  version: VersionRef,
  siblings: Type.Array(VersionRef), // of the same logged model, or of the same run where there is none
});
export type Lineage = Static<typeof Lineage>;
export type VersionRef = Static<typeof VersionRef>;

export const getLineage = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models/:name/versions/:version/lineage`,
  summary: "Datasets, run and logged model behind a version, and the versions made of the same",
  request: Type.Object({ name: Required(), version: Required() }),
  response: Lineage,
});
