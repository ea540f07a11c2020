import type { Database } from "../store/database.ts";
import { createArtifactStore } from "../store/artifacts.ts";
import { createArtifactTrashStore } from "../store/artifact-trash.ts";
import { createBlobJournal } from "../store/blob-journal.ts";
import { createExperimentStore } from "../store/experiments.ts";
import { createImportStore } from "../store/imports.ts";
import { createInputStore } from "../store/inputs.ts";
import { createKeyStore } from "../store/keys.ts";
import { createLoggedModelStore } from "../store/logged-models.ts";
import { createMetricStore } from "../store/metrics.ts";
import { createModelVersionStore } from "../store/model-versions.ts";
import { createPurgeStore } from "../store/purge.ts";
import { createRegisteredModelStore } from "../store/registered-models.ts";
import { createRemovalStore } from "../store/removals.ts";
import { createRunStore } from "../store/runs.ts";
import { createSavedViewStore } from "../store/saved-views.ts";
import { createTokenStore } from "../store/tokens.ts";
import { createTrashStore } from "../store/trash.ts";
import { createVersionFileStore } from "../store/version-files.ts";

/** Every noun of the store over one open database. */
export const createStores = (db: Database) => {
  const keys = createKeyStore(db);
  return {
    keys,
    experiments: createExperimentStore(db),
    runs: createRunStore(db, keys),
    metrics: createMetricStore(db, keys),
    inputs: createInputStore(db),
    loggedModels: createLoggedModelStore(db),
    models: createRegisteredModelStore(db),
    versions: createModelVersionStore(db),
    versionFiles: createVersionFileStore(db),
    artifacts: createArtifactStore(db),
    blobJournal: createBlobJournal(db),
    tokens: createTokenStore(db),
    imports: createImportStore(db),
    trash: createTrashStore(db),
    artifactTrash: createArtifactTrashStore(db),
    purges: createPurgeStore(db),
    removals: createRemovalStore(db, keys),
    savedViews: createSavedViewStore(db),
  };
};
