/**
 * Ids of objects on GitLab: what it takes to find them again and to notice that another one has taken their place. A
 * model is known by its name only; the experiment that every model owns tells one from a later one of that name.
 */
import { RemoteError } from "../errors.ts";

export interface ModelId {
  readonly iid: string; // of its experiment; 0 where it has none
  readonly name: string;
}

export interface VersionId {
  readonly id: string;
  readonly semver: string;
  readonly model: string;
}

const MODEL = /^(\d+):(.+)$/s;
const VERSION = /^(\d+):([^:]+):(.+)$/s;

const unknown = (id: string): never => {
  throw new RemoteError("invalid", `'${id}' is no id of an object on GitLab.`);
};

export const modelId = ({ iid, name }: ModelId): string => `${iid}:${name}`;
export const versionId = ({ id, semver, model }: VersionId): string => `${id}:${semver}:${model}`;

/** @throws RemoteError `invalid` */
export const parseModelId = (text: string): ModelId => {
  const [, iid, name] = MODEL.exec(text) ?? [];
  return iid === undefined || name === undefined ? unknown(text) : { iid, name };
};

/** @throws RemoteError `invalid` */
export const parseVersionId = (text: string): VersionId => {
  const [, id, semver, model] = VERSION.exec(text) ?? [];
  return id === undefined || semver === undefined || model === undefined ? unknown(text) : { id, semver, model };
};

/** An experiment's iid as the number that GitLab takes. @throws RemoteError `invalid` */
export const iidOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : unknown(text));

const OWN = "[model]";

/** The experiment that a model owns; it is none of its user's. */
export const experimentOfModel = (model: string): string => `${OWN}${model}`;
export const isOfModel = (experiment: string): boolean => experiment.startsWith(OWN);

/**
 * Tags of models and versions are fixed at their creation. What comes later is a tag of the model's experiment, below
 * one of these.
 */
export const MODEL_TAG = "outpost.m.";
export const versionTag = (id: string): string => `outpost.v.${id}.`;
