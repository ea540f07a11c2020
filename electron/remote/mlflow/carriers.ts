/**
 * What a model version has of its own. MLflow keeps files, params and points for runs only, and takes files of a version
 * from a run alone: so each version that comes from here is carried by a run of the experiment `outpost-model-versions`.
 */
import { MARKER } from "../remote.ts";
import { RemoteError } from "../errors.ts";
import { filterOf, type MlflowApi } from "./api.ts";
import { CARRIER_TAG } from "./holds.ts";
import { tagOf } from "./objects.ts";
import { CARRIERS, type Tracking } from "./runs.ts";
import { answers, type WireRun, type WireVersion } from "./wire.ts";

/** Of a carrier: the marker of the version that it carries. */
const CARRIES_TAG = "outpost.carries";
const RUNS_PER_SEARCH = 50;
type Signal = AbortSignal | undefined;

export type Carriers = ReturnType<typeof createCarriers>;

export const createCarriers = (api: MlflowApi, tracking: Tracking, wallClock: () => number) => {
  const experimentId = async (signal: Signal): Promise<string | undefined> =>
    (await tracking.experimentNamed(CARRIERS, signal))?.experiment_id;

  const ensureExperiment = async (signal: Signal): Promise<string> => {
    const there = await experimentId(signal);
    if (there !== undefined) return there;
    const note = "What the versions of registered models have of their own: files, params, metrics. Kept by Outpost.";
    const body = { name: CARRIERS, tags: [{ key: "mlflow.note.content", value: note }] };
    try {
      return (await api.send("POST", "experiments/create", body, answers.experimentId, signal)).experiment_id;
    } catch (error) {
      const made = error instanceof RemoteError && error.trouble === "exists" ? await experimentId(signal) : undefined;
      if (made === undefined) throw error;
      return made; // by somebody else meanwhile
    }
  };

  /** The run of a version; undefined for one that was not made by an Outpost. */
  const of = async ({ tags }: WireVersion, signal: Signal): Promise<WireRun | undefined> => {
    const id = tagOf(tags, CARRIER_TAG);
    return id === undefined ? undefined : tracking.runOf(id, signal);
  };

  /** Those of many versions by run id, in few calls. */
  const ofAll = async (versions: readonly WireVersion[], signal: Signal): Promise<ReadonlyMap<string, WireRun>> => {
    const ids = versions.flatMap(({ tags }) => tagOf(tags, CARRIER_TAG) ?? []).filter((id) => /^[\w-]+$/.test(id));
    const experiment = ids.length === 0 ? undefined : await experimentId(signal);
    const found = new Map<string, WireRun>();
    for (let at = 0; experiment !== undefined && at < ids.length; at += RUNS_PER_SEARCH) {
      const some = ids.slice(at, at + RUNS_PER_SEARCH).map((id) => `'${id}'`);
      const runs = await tracking.searchRuns(experiment, `attributes.run_id IN (${some.join(", ")})`, signal);
      for (const run of runs) found.set(run.info.run_id, run);
    }
    return found;
  };

  /** One for the version with that marker: the one of an earlier attempt, else a new one. */
  const make = async (
    { name, semver, marker }: { name: string; semver: string; marker: string },
    signal: Signal,
  ): Promise<WireRun> => {
    const experiment = await ensureExperiment(signal);
    const earlier = await tracking.searchRuns(experiment, filterOf([`tags.\`${CARRIES_TAG}\``, marker]), signal);
    const [again] = earlier.filter(({ data }) => tagOf(data?.tags, CARRIES_TAG) === marker);
    if (again) return again;
    const now = wallClock();
    const run = { run_name: `${name} ${semver}`.slice(0, 250).toWellFormed(), start_time: now };
    const made = await tracking.makeRun(experiment, run, [{ key: CARRIES_TAG, value: marker }], signal);
    await tracking.writeRun(made.info.run_id, { status: "FINISHED", end_time: String(now) }, signal);
    return made;
  };

  /** The run of a version, made now if it has none yet. */
  const ensure = async (version: WireVersion, semver: string, signal: Signal): Promise<WireRun> => {
    const there = await of(version, signal);
    if (there) return there;
    const { name, version: number, creation_timestamp = 0 } = version;
    const marker = tagOf(version.tags, MARKER) ?? `${creation_timestamp.toString()}/${number}/${name}`;
    const run = await make({ name, semver, marker }, signal);
    const tag = { name, version: number, key: CARRIER_TAG, value: run.info.run_id };
    await api.send("POST", "model-versions/set-tag", tag, answers.nothing, signal);
    return run;
  };

  return { of, ofAll, make, ensure };
};
