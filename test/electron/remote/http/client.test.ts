import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { RemoteError } from "../../../../electron/remote/errors.ts";
import { createHttpClient } from "../../../../electron/remote/http/client.ts";
import { CANARY, closedPort, raw, readBody, serve, serveRaw, setupClient, troubleOf } from "./setup.ts";
import { gitlabToken, password } from "../../../helpers/canary.ts";

/** A server that answers every call with what arrived. */
const serveEcho = () =>
  serve((request, response) => {
    void readBody(request).then((body) => {
      const { method, url, headers } = request;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
    });
  });

const setupAnswer = async (answer: string | Buffer) => {
  let calls = 0;
  const port = await serveRaw((socket) => {
    calls += 1;
    socket.end(answer);
  });
  return { ...setupClient({ baseUrl: `http://127.0.0.1:${port}` }), calls: () => calls };
};

describe("a call", () => {
  test("goes to the base's path, with its query, token and body", async () => {
    const { client, ledger } = setupClient({ baseUrl: `http://127.0.0.1:${await serveEcho()}/gitlab/api/v4/` });
    const { value, headers } = await client.json({
      method: "POST",
      path: "/projects/a%2Fb/x",
      query: { q: "ä b", n: 5, yes: true, none: undefined, list: ["1", "2"] },
      body: { big: 9007199254740993n, text: "é" },
      read: (value) => value,
    });
    expect(value).toMatchObject({
      method: "POST",
      url: "/gitlab/api/v4/projects/a%2Fb/x?q=%C3%A4+b&n=5&yes=true&list=1&list=2",
      body: '{"big":9007199254740993,"text":"é"}',
      headers: {
        authorization: `Bearer ${CANARY}`,
        accept: "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": "36",
      },
    });
    expect(headers["content-type"]).toBe("application/json");
    expect(ledger).toEqual([
      expect.objectContaining({
        method: "POST",
        status: 200,
        trouble: undefined,
        bytesUp: 36,
        startedAt: 1_700_000_000_000,
      }),
    ]);
    expect(ledger[0]?.bytesDown).toBeGreaterThan(100);
  });

  test.each([
    ["private-token", { "private-token": CANARY }],
    ["none", {}],
  ] as const)("says who asks by %s", async (auth, expected) => {
    const { client } = setupClient({ baseUrl: `http://127.0.0.1:${await serveEcho()}` });
    const { value } = await client.json({
      method: "GET",
      path: "/",
      auth,
      read: (each) => each as { headers: object },
    });
    expect(value.headers).toMatchObject(expected);
    expect(value.headers).not.toHaveProperty("authorization");
  });

  test("without a token goes without", async () => {
    const baseUrl = `http://127.0.0.1:${await serveEcho()}`;
    const { client } = setupClient({ baseUrl, token: () => Promise.resolve(undefined) });
    const { value } = await client.json({ method: "GET", path: "/", read: (each) => each as { headers: object } });
    expect(value.headers).not.toHaveProperty("authorization");
  });

  test("asks for the token anew each time", async () => {
    const tokens = [gitlabToken("first"), gitlabToken("second")];
    const baseUrl = `http://127.0.0.1:${await serveEcho()}`;
    const { get } = setupClient({ baseUrl, token: () => Promise.resolve(tokens.shift()) });
    expect((await get()).value).toMatchObject({ headers: { authorization: `Bearer ${gitlabToken("first")}` } });
    expect((await get()).value).toMatchObject({ headers: { authorization: `Bearer ${gitlabToken("second")}` } });
  });

  test.each(["a b", "tökèn-with-accents", "line\nbreak"])("a token with %j in it is refused unsent", async (token) => {
    const { get, ledger } = setupClient({ baseUrl: "http://127.0.0.1:9", token: () => Promise.resolve(token) });
    const error = await troubleOf(get());
    expect(error).toMatchObject({ trouble: "auth", maybeDone: false });
    expect(error.message).not.toContain(token);
    expect(ledger).toEqual([]);
  });

  test.each(["x", "/../x", "/a/%2e%2E/b", "/a/./b", "/a\\b", "/a?b", "/a#b", "/a b", "/é", "//..", "/a/.."])(
    "a path like %s is refused unsent",
    async (path) => {
      const { get, ledger } = setupClient({ baseUrl: "http://127.0.0.1:9" });
      expect(await troubleOf(get(path))).toMatchObject({ trouble: "invalid", maybeDone: false });
      expect(ledger).toEqual([]);
    },
  );

  test.each(["", "git.example", "ftp://git.example", "https://git.example/?a=1"])(
    "a remote's address like %j is refused",
    (baseUrl) => {
      expect(() => setupClient({ baseUrl })).toThrow(expect.objectContaining({ trouble: "invalid" }));
    },
  );

  test("a password in a remote's address is refused, and not repeated", () => {
    const baseUrl = `https://me:${password()}@git.example`;
    expect(() => setupClient({ baseUrl })).toThrow(expect.objectContaining({ trouble: "invalid" }));
    expect(() => setupClient({ baseUrl })).not.toThrow(password());
  });
});

describe("what an answer says", () => {
  test("integers that no number holds keep their value, others are numbers", async () => {
    const body =
      '{"a":9007199254740993,"b":[-9223372036854775808],"c":12,"d":1e30,"e":99999999999999999999,"f":"9007199254740993"}';
    const { get } = await setupAnswer(raw(200, body));
    expect((await get()).value).toEqual({
      a: 9007199254740993n,
      b: [-9223372036854775808n],
      c: 12,
      d: 1e30,
      e: 99999999999999999999, // fits no int64: a double that happens to be written out
      f: "9007199254740993",
    });
  });

  test("204 has no body", async () => {
    const { get } = await setupAnswer("HTTP/1.1 204 No Content\r\n\r\n");
    expect((await get()).value).toBeUndefined();
  });

  const statuses = [
    [400, "invalid", false],
    [401, "auth", false],
    [403, "forbidden", false],
    [404, "gone", false],
    [405, "invalid", false],
    [407, "captive", false],
    [408, "unavailable", true],
    [409, "exists", false],
    [410, "gone", false],
    [413, "too_large", false],
    [418, "invalid", false],
    [422, "invalid", false],
    [429, "rate_limited", false],
    [500, "unavailable", true],
    [501, "invalid", false],
    [502, "unavailable", true],
    [503, "unavailable", true],
    [504, "unavailable", true],
    [300, "garbled", true],
  ] as const;
  test.each(statuses)("%s is %s; a write may have been done: %s", async (status, trouble, maybeDone) => {
    const { get, post } = await setupAnswer(raw(status, '{"message":"because"}'));
    const facts = { trouble, status, body: { message: "because" } };
    expect(await troubleOf(post())).toMatchObject({ ...facts, maybeDone });
    expect(await troubleOf(get())).toMatchObject({ ...facts, maybeDone: false });
  });

  test("a refusal carries what the remote said, in any of its shapes", async () => {
    const texts = [
      ['{"message":["Version has already been taken","x"]}', '400, ["Version has already been taken","x"]'],
      ['{"error":"name is missing"}', "400, name is missing"],
      ['{"error_code":"RESOURCE_ALREADY_EXISTS"}', "400, RESOURCE_ALREADY_EXISTS"],
      ['{"error":"insufficient_scope","error_description":"more scopes"}', "400, more scopes"],
      ["Retry later", "400, Retry later"],
      ["<html><body>Bad gateway</body></html>", "400, a web page"],
      ["", "answered 400"],
    ] as const;
    for (const [body, said] of texts) {
      const { post } = await setupAnswer(raw(400, body));
      expect((await troubleOf(post())).message.endsWith(said)).toBe(true);
    }
  });

  test("what the caller cannot read is garbled, in the caller's words; it is not asked for again", async () => {
    const { client, calls } = await setupAnswer(raw(200, '{"a":1}'));
    const read = () => {
      throw new TypeError("'a' is no list");
    };
    const sent = client.json({ method: "POST", path: "/x", body: {}, read });
    expect(await troubleOf(sent)).toMatchObject({ trouble: "garbled", maybeDone: true, message: /'a' is no list/ });
    expect(await troubleOf(client.json({ method: "GET", path: "/x", read }))).toMatchObject({ maybeDone: false });
    expect(calls()).toBe(2);
    const own = new RemoteError("gone", "no such thing");
    const mapped = client.json({ method: "GET", path: "/x", read: () => Promise.reject(own) });
    await expect(mapped.then(({ value }) => value)).rejects.toBe(own);
  });

  test("a call that changes nothing is repeated like a GET, and nothing of it is in doubt", async () => {
    const { client, calls } = await setupAnswer(raw(503, "{}"));
    const search = client.json({ method: "POST", path: "/search", body: {}, safe: true, read: (each) => each });
    expect(await troubleOf(search)).toMatchObject({ trouble: "unavailable", maybeDone: false });
    expect(calls()).toBe(6);
  });
});

describe("sending again", () => {
  test("429 of any form is waited for, for writes too", async () => {
    const forms: Record<string, string>[] = [
      { "Retry-After": "7" },
      { "Retry-After": "Tue, 14 Nov 2023 22:13:30 GMT", Date: "Tue, 14 Nov 2023 22:13:20 GMT" },
      { "Retry-After": "31536000" },
      { "RateLimit-Reset": "12" },
      {},
    ];
    const port = await serveRaw((socket, _first, nth) => {
      const headers = forms[nth - 1];
      socket.end(
        headers ? raw(429, "Retry later\n", { "Content-Type": "text/plain", ...headers }) : raw(200, '{"ok":1}'),
      );
    });
    const { post, waits, ledger } = setupClient({ baseUrl: `http://127.0.0.1:${port}` });
    expect((await post()).value).toEqual({ ok: 1 });
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([7, 10, 900, 12, 8]);
    expect(ledger.map(({ trouble }) => trouble)).toEqual([...Array<string>(5).fill("rate_limited"), undefined]);
  });

  test("a 503 with Retry-After: a read waits for it, a write is told of it", async () => {
    const { get, post, waits } = await setupAnswer(raw(503, "{}", { "Retry-After": "100" }));
    expect(await troubleOf(post())).toMatchObject({ trouble: "unavailable", maybeDone: true, retryAfterMs: 100_000 });
    expect(waits).toEqual([]);
    await troubleOf(get());
    expect(waits).toEqual([100_000, 100_000, 100_000, 100_000, 100_000]);
  });

  test("every wait scales", async () => {
    const port = await serveRaw((socket, _first, nth) => socket.end(raw(nth < 4 ? 500 : 200, "{}")));
    const { get, waits } = setupClient({ baseUrl: `http://127.0.0.1:${port}`, pace: 0.1 });
    await get();
    expect(waits).toEqual([50, 100, 200]);
  });

  test("a remote that keeps failing is left alone, without a call, until it may be tried", async () => {
    const { get, post, calls, ledger } = await setupAnswer(raw(500, "{}"));
    await troubleOf(get());
    await troubleOf(post());
    await troubleOf(post());
    expect(calls()).toBe(8);
    expect(await troubleOf(post())).toMatchObject({ trouble: "unavailable", maybeDone: false, status: undefined });
    expect(calls()).toBe(8);
    expect(ledger).toHaveLength(8);
  });

  test("offline is told at once, each time, and does not count as the remote's failure", async () => {
    const { post, waits } = setupClient({ baseUrl: `http://127.0.0.1:${await closedPort()}` });
    for (let nth = 0; nth < 10; nth += 1)
      expect(await troubleOf(post())).toMatchObject({ trouble: "offline", maybeDone: false, message: /ECONNREFUSED/ });
    expect(waits).toEqual([]);
  });

  test("a name that nobody knows is offline", async () => {
    const { get } = setupClient({ baseUrl: "http://no-such-host.invalid" });
    expect(await troubleOf(get())).toMatchObject({ trouble: "offline", maybeDone: false });
  });
});

describe("stopping", () => {
  const never = async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const port = await serveRaw(() => resolve());
    return { arrived, ...setupClient({ baseUrl: `http://127.0.0.1:${port}` }) };
  };

  test("a call under way ends as cancelled; a write may have been done", async () => {
    const { client, arrived, ledger } = await never();
    const stop = new AbortController();
    const call = troubleOf(
      client.json({ method: "POST", path: "/x", body: {}, signal: stop.signal, read: (each) => each }),
    );
    await arrived;
    stop.abort();
    expect(await call).toMatchObject({ trouble: "cancelled", maybeDone: true });
    expect(ledger).toMatchObject([{ trouble: "cancelled", status: undefined }]);
  });

  test("a call that was stopped before it began sends nothing", async () => {
    const { client, ledger } = await never();
    const signal = AbortSignal.abort();
    const call = client.json({ method: "POST", path: "/x", body: {}, signal, read: (each) => each });
    expect(await troubleOf(call)).toMatchObject({ trouble: "cancelled", maybeDone: false });
    expect(ledger).toEqual([]);
  });

  test("a wait between tries ends too, and nothing of a 429 is in doubt", async () => {
    const stop = new AbortController();
    const port = await serveRaw((socket) => {
      stop.abort();
      socket.end(raw(429, "{}", { "Retry-After": "100" }));
    });
    const { client } = setupClient({ baseUrl: `http://127.0.0.1:${port}` });
    const call = client.json({ method: "GET", path: "/x", signal: stop.signal, read: (each) => each });
    expect(await troubleOf(call)).toMatchObject({ trouble: "cancelled", maybeDone: false });
  });

  test("closing ends what is under way, and what comes after", async () => {
    const { client, get, post, arrived } = await never();
    const calls = [troubleOf(get()), troubleOf(post())];
    await arrived;
    client.close();
    expect((await Promise.all(calls)).map(({ trouble }) => trouble)).toEqual(["cancelled", "cancelled"]);
    expect(await troubleOf(get())).toMatchObject({ trouble: "cancelled", maybeDone: false });
  });
});

describe("connections", () => {
  const setupPorts = async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.setHeader("content-type", "application/json");
      response.end("{}");
    });
    const clock = { wall: 0 };
    const client = createHttpClient(
      { baseUrl: `http://127.0.0.1:${port}`, authHeader: "none" },
      { now: () => 0, sleep: () => Promise.resolve(), random: () => 0, wallClock: () => clock.wall, env: {} },
    );
    onTestFinished(() => client.close());
    const get = async () => {
      await client.json({ method: "GET", path: "/", read: (each) => each });
      await setImmediate(); // the connection goes back
    };
    return { get, ports, clock };
  };

  test("are used again", async () => {
    const { get, ports } = await setupPorts();
    await get();
    await get();
    expect(ports.size).toBe(1);
  });

  test("from before the machine slept are not", async () => {
    const { get, ports, clock } = await setupPorts();
    await get();
    clock.wall = 8 * 3_600_000; // while monotonic time stood still
    await get();
    expect(ports.size).toBe(2);
  });
});
