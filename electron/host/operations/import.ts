/** Starts an import and tells how it goes: it may take an hour, and its asker wants to see that it moves. */
import { isAbsolute } from "node:path";
import { Type } from "typebox";
import { Enum, Opt, Required, Str } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { operation } from "../operation.ts";

const assertAbsolute = (path: string): void => {
  if (!isAbsolute(path)) throw new DomainError("invalid", `'${path}' must be an absolute path`);
};

export const startImport = operation({
  name: "import-start",
  summary: "Starts to import an mlruns folder or an MLflow database",
  request: Type.Object({ kind: Enum({ mlruns: 1, "mlflow-db": 2 }), path: Required(), artifacts: Opt(Str()) }),
  run: async ({ services }, { kind, path, artifacts }, caller) => {
    for (const given of [path, ...(artifacts === undefined ? [] : [artifacts])]) assertAbsolute(given);
    await services.domains.imports.start({ kind, path, artifacts }, (job) => services.writer.write(caller, job));
    return {};
  },
});

export const importState = operation({
  name: "import-state",
  summary: "How the import goes, and its report once it has ended",
  request: Type.Object({}),
  run: ({ services }) => services.domains.imports.state(),
});
