/** One run of the simulator: a program on workstations and a far side, under faults; then all heals, and all is checked. */
import { createMemoryRemote, type MemoryWorld } from "../../electron/remote/memory.ts";
import type { Ref, Remote } from "../../electron/remote/remote.ts";
import { createEngine } from "../../electron/sync/engine.ts";
import type { Engine, EngineDeps, SyncApply } from "../../electron/sync/engine-types.ts";
import type { SyncReport, SyncWhat } from "../../electron/sync/report.ts";
import { conditions } from "../../electron/sync/rules.ts";
import { createBook, type Book } from "./book.ts";
import { createDeeds, type Deeds } from "./deeds.ts";
import { createFarSide, stored } from "./far-side.ts";
import { createFaultyRemote } from "./faulty-remote.ts";
import { checkAll, checkRest, type Invariant } from "./invariants.ts";
import { createLife, type Life } from "./life.ts";
import type { Program, Step } from "./program.ts";
import { createRandom } from "./random.ts";
import { checkRoundTrip } from "./round-trip.ts";
import { stations as openStations, type Station } from "./station.ts";
import { createTime, type Time } from "./time.ts";
import { checkDone } from "./undone.ts";
import { createWatch } from "./watch.ts";
import { falseConflicts } from "./writers.ts";

/** What a test puts between, to see that a check can fail. */
export interface Mutation {
  readonly remote?: (remote: Remote, world: MemoryWorld) => Remote;
  readonly engine?: (deps: EngineDeps, station: Station) => EngineDeps;
}

export interface Break {
  readonly invariant: Invariant;
  readonly detail: string;
}

export interface Result {
  readonly breaks: readonly Break[];
  readonly faults: ReadonlyMap<string, number>;
  readonly calls: number;
  readonly syncs: number;
  readonly kills: number;
  readonly trace: readonly string[];
}

/** Calls that one sync may make before it is taken for endless. */
const MOST_CALLS = 20_000;
const HOUR = 3_600_000;
const ROUNDS = 3;

/** A workstation within one run. */
export interface Seat {
  readonly station: Station;
  readonly remote: number;
  readonly clock: ReturnType<Time["clock"]>;
  readonly token: { valid: boolean };
  life: Life | undefined;
  engine: Engine | undefined;
}

export interface World {
  readonly program: Program;
  readonly far: MemoryWorld;
  readonly book: Book;
  readonly time: Time;
  readonly seats: readonly Seat[];
  readonly broken: (invariant: Invariant, detail: string) => void;
}

class Stop extends Error {}

const createRun = (program: Program, mutation: Mutation) => {
  const random = createRandom(program.seed ^ 0x5bd1e995);
  const time = createTime(random);
  const watch = createWatch(() => world);
  const far = watch.far(createFarSide(random, program.rich, () => 1_700_000_000_000 + time.elapsed()));
  const book = createBook();
  const breaks: Break[] = [];
  const faults = new Map<string, number>();
  const trace: string[] = [];
  const chance = { fault: program.faults, kill: program.kills, together: false };
  const count = { calls: 0, syncs: 0, kills: 0, ofSync: 0 };
  const say = (line: string): void => {
    if (trace.length < 5000) trace.push(`${Math.round(time.elapsed())} ${line}`);
  };
  const broken = (invariant: Invariant, detail: string): void => {
    breaks.push({ invariant, detail });
    say(`BROKEN ${invariant}: ${detail}`);
  };

  const sit = (station: Station, isAccepted: boolean, filePolicy = program.filePolicy): Seat => {
    const clock = time.clock();
    const row = station.reset({
      file_policy: filePolicy,
      accepted_at: isAccepted ? 1 : null,
      class_max: program.ceiling ? "official" : null,
    });
    station.clock.now = clock.now;
    station.files.disk.fault = () => {
      if (program.only !== undefined || !random.chance(chance.fault / 4)) return undefined;
      faults.set("disk", (faults.get("disk") ?? 0) + 1);
      watch.of(station.index).interrupt();
      return random.pick(["full", "short"]);
    };
    return { station, remote: row.id, clock, token: { valid: true }, life: undefined, engine: undefined };
  };
  const seats = openStations(program.stations).map((station) => sit(station, random.chance(0.6)));
  const world: World = { program, far, book, time, seats, broken };

  const remoteOf = (seat: Seat, life: Life): Remote => {
    const { station, token } = seat;
    const inner = createMemoryRemote(far);
    const checked = (method: string, args: readonly unknown[]): void => {
      const [ref] = args;
      if (method !== "remove") return;
      const { kind, id } = ref as Ref;
      if (!station.state.consents.all(seat.remote).some((one) => one.remote_id === id && one.kind === kind))
        broken("I5 no deletion there without consent", `${kind} ${id}`);
      for (const one of stored(far)) if (one.id === id || one.parent === id) book.dropped.add(one.id);
    };
    const faulty = createFaultyRemote(inner, {
      random,
      time,
      token,
      chance: () => chance.fault,
      only: program.only,
      isAlive: life.isAlive,
      onFault: (fault, method) => {
        faults.set(fault, (faults.get(fault) ?? 0) + 1);
        watch.of(station.index).fault(fault);
        say(`  ${station.index} FAULT ${fault} ${method}`);
      },
      onCall: (method, args, isWrite) => {
        count.calls += 1;
        count.ofSync += 1;
        if (isWrite) say(`  ${station.index} ${method} ${JSON.stringify(args.slice(0, 2), (_, v: unknown) => typeof v === "bigint" ? String(v) : v)?.slice(0, 220)}`); // prettier-ignore
        checked(method, args);
        watch.of(station.index).call(method, args);
        if (count.ofSync > MOST_CALLS) life.kill("endless");
      },
      spoilUpload: (ref, path, how) => {
        const uploads = far.get(ref as Ref)?.files.get(path);
        const last = uploads?.at(-1);
        if (!uploads || !last || last.bytes.byteLength === 0) return;
        const bytes = how === "stored_short" ? last.bytes.subarray(1) : Buffer.from(last.bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))); // prettier-ignore
        uploads.pop();
        far.putBytes(ref as Ref, path, bytes);
      },
    });
    return mutation.remote ? mutation.remote(faulty, far) : faulty;
  };

  /** Starts the engine where it does not run: after an end, as a new process on the same database. */
  const start = async (seat: Seat): Promise<{ engine: Engine; life: Life }> => {
    if (seat.life?.isAlive() && seat.engine) return { engine: seat.engine, life: seat.life };
    const { station } = seat;
    const life = createLife({
      random,
      chance: () => chance.kill,
      onKill: (where) => {
        if (where !== "stopped") count.kills += 1;
        if (where === "endless") broken("I15 retries are bounded", `a sync made more than ${MOST_CALLS} calls`);
        watch.of(station.index).interrupt();
        say(`  ${station.index} END at ${where}`);
      },
    });
    await station.write(() => {
      station.state.ops.recover();
      station.state.runs.recover(station.clock.now());
    });
    const deps: EngineDeps = {
      remoteId: seat.remote,
      remote: remoteOf(seat, life),
      local: life.local(station.local),
      state: station.state,
      clock: life.clock(seat.clock),
      random: random.next,
      pace: 1,
      conditions: () => conditions,
      at: life.at,
    };
    const engine = createEngine(mutation.engine ? mutation.engine(deps, station) : deps);
    seat.life = life;
    seat.engine = engine;
    return { engine, life };
  };

  const sync = async (seat: Seat, what: SyncWhat, apply: SyncApply, full = false): Promise<SyncReport | undefined> => {
    const { engine, life } = await start(seat);
    count.syncs += 1;
    count.ofSync = 0;
    const { index } = seat.station;
    watch.of(index).begin(!chance.together);
    const name = typeof apply === "object" ? "hash" : apply;
    say(`${index} SYNC ${what} ${name}`);
    try {
      const signal = new AbortController().signal;
      const ended = await Promise.race([engine.sync({ what, apply, actor: "somebody", signal, full }), life.ended]);
      if (ended === "killed") return undefined;
      const { outcome, problem, counts } = ended;
      say(`${index} -> ${outcome} ${problem ?? ""} up ${counts.pushed} down ${counts.pulled} writes ${counts.writes} ahead ${counts.ahead} behind ${counts.behind}`); // prettier-ignore
      if (!chance.together)
        for (const conflict of falseConflicts(world, seat)) broken("I8 a conflict is one of two", conflict);
      if (outcome === "done" && !chance.together) checkDone(world, seat, ended, { apply, full });
      return ended;
    } catch (error) {
      broken(
        "I0 nothing unexpected is thrown",
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
      life.kill("stopped");
      return undefined;
    }
  };

  /** As a person would: a plan that waits is accepted, a token that is not taken is replaced. */
  const personSyncs = async (seat: Seat, what: SyncWhat, full = false): Promise<SyncReport | undefined> => {
    if (random.chance(0.7)) seat.token.valid = true;
    const report = await sync(seat, what, "accepted", full);
    if (report?.outcome !== "waiting" || !report.plan) return report;
    return sync(seat, what, { hash: report.plan.hash }, full);
  };

  return {
    random,
    time,
    far,
    book,
    seats,
    breaks,
    faults,
    trace,
    chance,
    count,
    say,
    broken,
    sync,
    personSyncs,
    world,
    /** A workstation that had nothing so far. */
    join: (): Seat | undefined => {
      const station = openStations(program.stations + 1).at(-1);
      return station && sit(station, true, "all");
    },
  };
};
type Run = ReturnType<typeof createRun>;

const WHATS: readonly SyncWhat[] = ["push", "pull", "push,pull", "push,pull"];

const planAndApply = async (run: Run, seat: Seat, isAlone: boolean): Promise<void> => {
  seat.token.valid = true;
  const planned = await run.sync(seat, "push,pull", "plan");
  if (!planned?.plan || planned.outcome !== "waiting") return;
  const { writes } = run.far.counts();
  const applied = await run.sync(seat, "push,pull", { hash: planned.plan.hash });
  if (run.chance.fault > 0 || !isAlone || !applied) return;
  if (applied.outcome === "changed")
    run.broken("I9 a plan is applied as it is", "nothing moved, and it is another one");
  const written = run.far.counts().writes - writes;
  if (planned.plan.totals.push.objects === 0 && written > 0 && planned.plan.totals.pull.objects === 0)
    run.broken("I9 a plan is applied as it is", `${written} writes that it has not`);
};

const perform = async (run: Run, deeds: Deeds, step: Step): Promise<void> => {
  const seat = run.seats[step.at % run.seats.length];
  if (!seat) return;
  const random = createRandom(step.seed);
  const { station } = seat;
  switch (step.do) {
    case "experiment":
    case "run":
      return deeds.create(station, random, step.do);
    case "model":
      return deeds.create(station, random, "registered_model");
    case "version":
      return deeds.create(station, random, "model_version");
    case "edit":
      return deeds.edit(station, random);
    case "points":
      return deeds.addPoints(station, random);
    case "file":
      return deeds.addFile(station, random);
    case "trash":
      return deeds.trash(station, random);
    case "restore":
      return deeds.restore(station, random);
    case "consent":
      return deeds.consent(station, random, seat.remote);
    case "foreign-add":
      return deeds.far.add(random);
    case "foreign-edit":
      return deeds.far.edit(random);
    case "foreign-drop":
      return deeds.far.drop(random);
    case "clock":
      return seat.clock.jump();
    case "wait":
      return run.time.pass(random.below(3 * 24 * HOUR));
    case "sync":
      return void (await run.personSyncs(seat, random.pick(WHATS), random.chance(0.1)));
    case "plan-apply":
      return planAndApply(run, seat, true);
    case "together":
      run.chance.together = true;
      await Promise.all([
        ...run.seats.map((one) => run.personSyncs(one, random.pick(WHATS))),
        ...[1, 2, 3].map(async (_, at) => {
          for (let turns = random.below(20 * (at + 1)); turns > 0; turns -= 1) await run.time.yieldTurn();
          const other = createRandom(step.seed + at);
          const where = run.seats[other.below(run.seats.length)];
          if (where)
            await (other.chance(0.7) ? deeds.edit(where.station, other) : deeds.addPoints(where.station, other));
        }),
      ]);
      run.chance.together = false;
  }
};

/** Whether anything moved in a sync, here or there. */
const moved = (report: SyncReport | undefined): boolean =>
  report === undefined ||
  report.counts.writes + report.counts.pulled + report.counts.pushed + report.counts.files_down > 0;

const heal = async (run: Run): Promise<void> => {
  run.say("HEAL");
  run.chance.fault = 0;
  run.chance.kill = 0;
  run.time.settle();
  for (const seat of run.seats) {
    seat.token.valid = true;
    seat.life?.kill("stopped");
    seat.station.files.disk.fault = () => undefined;
  }
  const what = run.world.program.seed % 2 === 0 ? "push" : "pull";
  for (const seat of run.seats) await run.personSyncs(seat, what, true); // what it leaves undone it has to say
  for (let round = 0; round < ROUNDS; round += 1)
    for (const seat of run.seats) {
      run.time.pass(2 * HOUR);
      await run.personSyncs(seat, "push,pull", round < 2); // what two full scans do not see is gone
    }
};

/** Nothing changed: nothing is written, there or here. */
const checkStill = async (run: Run, world: World): Promise<void> => {
  for (const seat of run.seats) {
    const before = checkRest.of(seat);
    const { writes } = run.far.counts();
    const report = await run.sync(seat, "push,pull", "accepted");
    if (moved(report)) run.broken("I1 a fixed point after three rounds", `${seat.station.index}: ${report?.outcome ?? ""} ${report?.problem ?? ""} ${JSON.stringify(report?.counts)}`); // prettier-ignore
    if (run.far.counts().writes > writes) run.broken("I2 without a change nothing is written", "on the far side");
    const after = checkRest.of(seat);
    if (before !== after && report?.outcome === "done")
      run.broken("I2 without a change nothing is written", `here: ${checkRest.difference(before, after)}`);
  }
  checkAll(world);
};

/** What the others are done with comes to a workstation that had nothing as it is with them. */
const joinAndCompare = async (run: Run): Promise<void> => {
  const fresh = run.join();
  if (!fresh) return;
  run.say("JOIN");
  const report = await run.sync(fresh, "pull", "accepted", true);
  checkRoundTrip(run.world, fresh, report?.outcome ?? "nothing");
  fresh.life?.kill("stopped");
};

/** Runs a program. The same program has the same result, whatever ran before it in this process. */
export const simulate = async (program: Program, mutation: Mutation = {}): Promise<Result> => {
  const run = createRun(program, mutation);
  const deeds = createDeeds({ world: run.far, book: run.book, clashes: program.clashes, ceiling: program.ceiling });
  try {
    for (const step of program.steps) {
      run.say(`${step.at} ${step.do}`);
      await perform(run, deeds, step);
      if (run.breaks.length > 0) throw new Stop();
    }
    await heal(run);
    if (run.breaks.length === 0) await checkStill(run, run.world);
    if (run.breaks.length === 0) await joinAndCompare(run);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  for (const seat of run.seats) {
    seat.life?.kill("stopped");
    for (const failure of seat.station.failures) run.broken("I0 nothing unexpected is thrown", String(failure));
  }
  for (let ticks = 0; ticks < 5; ticks += 1) await run.time.yieldTurn();
  const { calls, syncs, kills } = run.count;
  return { breaks: run.breaks, faults: run.faults, calls, syncs, kills, trace: run.trace };
};
