/** Plays the same seeded calls to two servers and reports where they differ. */
import { Agent, request } from "node:http";
import { artifactCalls, artifactSetup } from "./calls-artifacts.ts";
import { type Apart, apartSetup, deviatingCall } from "./calls-deviating.ts";
import { registryCalls, registrySetup } from "./calls-registry.ts";
import { trackingCalls, trackingSetup } from "./calls-tracking.ts";
import { type Call, type Make, respell, withMistake } from "./call.ts";
import { type Answer, jsonOf, placesOf, sameSeen, see, type Seen } from "./compare.ts";
import { deviationOf } from "./deviations.ts";
import { createWorld, isFields, type Json, type Side, textAt, type World } from "./world.ts";

export interface Difference {
  readonly step: number;
  readonly call: string;
  readonly request: string;
  readonly reference: Seen;
  readonly candidate: Seen;
  /** The first of the candidate's answer, for the wording of its errors. */
  readonly said: string;
}

export interface Report {
  readonly seed: number;
  readonly steps: number;
  readonly agreed: number;
  /** How often each named deviation explained a difference. */
  readonly explained: ReadonlyMap<string, number>;
  readonly unexplained: readonly Difference[];
  /** Calls and agreements by operation. */
  readonly byCall: ReadonlyMap<string, { calls: number; agreed: number }>;
}

export type Servers = Readonly<Record<Side, string>>;

const queryText = (query: Json): string => {
  if (!isFields(query)) return "";
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      search.append(key, typeof each === "string" ? each : JSON.stringify(each));
  return search.size > 0 ? `?${search.toString()}` : "";
};

/** Sends the call as one side must get it. The path goes out as written: no dot segment is resolved on the way. */
const sendOnce = (call: Call, world: World, side: Side, base: string, agent: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const url = new URL(base);
    const path = world.fillText(call.path, side) + queryText(world.fill(call.query ?? {}, side));
    const raw = typeof call.raw === "string" ? world.fillText(call.raw, side) : call.raw;
    const body = raw ?? (call.body === undefined ? undefined : JSON.stringify(world.fill(call.body, side)));
    const headers: Record<string, string> = {};
    if (body !== undefined) {
      headers["content-type"] = call.contentType ?? "application/json";
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    const sent = request(
      {
        agent,
        host: url.hostname,
        port: url.port,
        method: call.method,
        path: path.replace(/[^\x21-\x7e]/gu, encodeURIComponent),
        headers,
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            contentType: answer.headers["content-type"] ?? "",
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    sent.setTimeout(60_000, () => sent.destroy(new Error(`no answer to ${call.name} on ${side}`)));
    sent.on("error", reject);
    sent.end(body);
  });

/** MLflow's server now and then resets a connection in mid-answer: it is asked a second time, Outpost never is. */
const send = (call: Call, world: World, side: Side, base: string, agent: Agent): Promise<Answer> => {
  const first = sendOnce(call, world, side, base, agent);
  return side === "reference" ? first.catch(() => sendOnce(call, world, side, base, agent)) : first;
};

const calls: readonly (readonly [number, Make])[] = [...trackingCalls, ...registryCalls, ...artifactCalls];
const weights = calls.reduce((sum, [weight]) => sum + weight, 0);

const chooseCall = (world: World): Call => {
  let at = world.random.next() * weights;
  const chosen = calls.find(([weight]) => (at -= weight) < 0) ?? calls[0];
  if (!chosen) throw new Error("there are no calls");
  return respell(withMistake(chosen[1](world), world), world);
};

/**
 * Follows a search to its next page, at once: MLflow's tokens are offsets, Outpost's remember the last row, and a write
 * between two pages would tell them apart.
 */
const createPages = (world: World) => {
  let following: Call | undefined;
  const keep = (call: Call, reference: Json, candidate: Json): void => {
    const [a, b] = [textAt(reference, "next_page_token"), textAt(candidate, "next_page_token")];
    if (a === undefined || b === undefined) return;
    const token = { page_token: world.bind("token", a, b) };
    if (isFields(call.body)) following = { ...call, body: { ...call.body, ...token } };
    else if (call.query) following = { ...call, query: { ...call.query, ...token } };
  };
  const next = (): Call | undefined => {
    const call = world.random.chance(0.6) ? following : undefined;
    following = undefined;
    return call;
  };
  return { keep, next };
};

/** Plays `steps` calls chosen by `seed`. Both servers should be idle; they need not be empty. */
export const play = async (
  servers: Servers,
  options: { seed: number; steps: number; only?: RegExp },
): Promise<Report> => {
  const world = createWorld(options.seed, `d${String(options.seed)}x${Date.now().toString(36)}`);
  const apart: Apart = { experiment: "", run: "", model: "", folder: "" };
  const setup: Make[] = [
    ...trackingSetup,
    ...registrySetup,
    ...artifactSetup,
    ...apartSetup.map((make) => make(apart)),
  ];
  const pages = createPages(world);
  const agents = { reference: new Agent({ keepAlive: false }), candidate: new Agent({ keepAlive: false }) };
  const explained = new Map<string, number>();
  const unexplained: Difference[] = [];
  const byCall = new Map<string, { calls: number; agreed: number }>();

  const both = (call: Call) =>
    Promise.all([
      send(call, world, "reference", servers.reference, agents.reference),
      send(call, world, "candidate", servers.candidate, agents.candidate),
    ]);

  const judge = (step: number, call: Call, a: Answer, b: Answer): void => {
    const [reference, candidate] = [
      see(a, call.file ?? false, world, "reference"),
      see(b, call.file ?? false, world, "candidate"),
    ];
    const tally = byCall.get(call.name) ?? { calls: 0, agreed: 0 };
    byCall.set(call.name, tally);
    tally.calls += 1;
    const reason = sameSeen(reference, candidate) ? "" : deviationOf(call, reference, candidate);
    if (reason === undefined) {
      const request = `${call.method} ${call.path} ${JSON.stringify(call.body ?? call.query ?? String(call.raw)).slice(0, 600)}`;
      unexplained.push({
        step,
        call: call.name,
        request,
        reference,
        candidate,
        said: b.body.toString("utf8").slice(0, 400),
      });
      return;
    }
    tally.agreed += 1;
    if (reason !== "") explained.set(reason, (explained.get(reason) ?? 0) + 1);
  };

  for (let step = 0; step < options.steps; step++) {
    const deviating = step >= setup.length && world.random.chance(0.06);
    const call =
      setup[step]?.(world) ?? (deviating ? deviatingCall(apart)(world) : (pages.next() ?? chooseCall(world)));
    if (step >= setup.length && options.only && !options.only.test(call.name)) continue;
    const [a, b] = await both(call);
    const [reference, candidate] = [jsonOf(a), jsonOf(b)];
    if (a.status === 200 && b.status === 200 && reference !== undefined && candidate !== undefined) {
      call.learn?.(reference, candidate);
      pages.keep(call, reference, candidate);
    }
    judge(step, call, a, b);
  }
  agents.candidate.destroy();
  const tallies = [...byCall.values()];
  const steps = tallies.reduce((sum, each) => sum + each.calls, 0);
  return {
    seed: options.seed,
    steps,
    agreed: tallies.reduce((sum, each) => sum + each.agreed, 0),
    explained,
    unexplained,
    byCall,
  };
};

/** The report as a person reads it: agreement, deviations by name, the first differences. */
export const reportText = (report: Report, show = 20): string => {
  const percent = ((100 * report.agreed) / report.steps).toFixed(2);
  const lines = [
    `seed ${String(report.seed)}: ${String(report.agreed)} of ${String(report.steps)} agree (${percent} %)`,
  ];
  for (const [name, count] of report.explained) lines.push(`  ${String(count).padStart(5)} × ${name}`);
  for (const each of report.unexplained.slice(0, show)) {
    lines.push(`  step ${String(each.step)} ${each.call}: ${each.request}`);
    lines.push(...placesOf(each.reference, each.candidate).map((place) => `    MLflow ≠ Outpost at ${place}`));
    if (each.candidate.status >= 400) lines.push(`    Outpost said ${each.said}`);
  }
  return lines.join("\n");
};
