/** Hard deletes: what goes with what. */
import { rmSync } from "node:fs";
import type { Candidate, Model, Package, State, Version } from "./state.ts";

export const deletePackage = (state: State, pack: Package): void => {
  for (const file of pack.files) rmSync(file.path, { force: true });
  state.packages.delete(pack.id);
  for (const each of state.candidates.values()) if (each.packageId === pack.id) each.packageId = null;
  for (const each of state.versions.values()) if (each.packageId === pack.id) each.packageId = null;
};

export const deleteCandidate = (state: State, candidate: Candidate): void => {
  const pack = state.packages.get(candidate.packageId ?? -1);
  if (pack) deletePackage(state, pack);
  state.candidates.delete(candidate.id);
  state.byEid.delete(candidate.eid);
};

export const deleteVersion = (state: State, version: Version): void => {
  const pack = state.packages.get(version.packageId ?? -1);
  if (pack) deletePackage(state, pack);
  const candidate = state.candidates.get(version.candidateId);
  if (candidate) deleteCandidate(state, candidate);
  state.versions.delete(version.id);
  const siblings = state.models.get(version.modelId)?.versions;
  siblings?.splice(siblings.indexOf(version), 1);
};

/** Its versions, their packages, its experiment and the runs in it. */
export const deleteModel = (state: State, model: Model): void => {
  for (const each of [...model.versions]) deleteVersion(state, each);
  state.models.delete(model.id);
  const experiment = state.experiments.get(model.experimentId);
  if (!state.options.deleteCascades) {
    if (experiment) experiment.modelId = null;
    return;
  }
  for (const each of [...state.candidates.values()])
    if (each.experimentId === model.experimentId) deleteCandidate(state, each);
  state.experiments.delete(model.experimentId);
};
