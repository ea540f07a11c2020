/** The token goes to the remote and nowhere else: not into errors, however the remote plays it back, nor into the ledger. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { RemoteError } from "../../../../electron/remote/errors.ts";
import { createSecrets, shownUrl } from "../../../../electron/remote/http/ledger.ts";
import { password } from "../../../helpers/canary.ts";
import { CANARY, raw, serveRaw, setupClient, troubleOf } from "./setup.ts";

const echoes: readonly (readonly [string, string])[] = [
  ["in a message", raw(400, JSON.stringify({ message: `bad token ${CANARY}` }))],
  ["in a text", raw(403, `no access with ${CANARY}`, { "Content-Type": "text/plain" })],
  ["deep in a body", raw(422, JSON.stringify({ errors: [{ [CANARY]: { value: `Bearer ${CANARY}` } }] }))],
  ["in a page", raw(500, `<html>${CANARY}</html>`, { "Content-Type": "text/html" })],
  ["in an address to go to", raw(302, "", { Location: `/again/${CANARY}` })],
  ["in a foreign address", raw(302, "", { Location: `http://${CANARY.toLowerCase()}.evil.example/?t=${CANARY}` })],
  ["in the reason", `HTTP/1.1 400 ${CANARY}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`],
  ["in a header", raw(401, "{}", { "WWW-Authenticate": CANARY, "X-Echo": CANARY })],
  ["in what is no JSON", raw(200, `{"a": ${CANARY}`)],
  ["in what is no HTTP", `${CANARY}\r\n\r\n`],
];

test.each(echoes)("a remote that repeats it %s", async (_where, answer) => {
  const port = await serveRaw((socket) => socket.end(answer));
  const { client, ledger } = setupClient({ baseUrl: `http://127.0.0.1:${port}` });
  const read = (value: unknown) => {
    throw new TypeError(`not understood: ${JSON.stringify(value)}`);
  };
  const query = { private_token: CANARY, q: CANARY };
  const calls = [
    client.json({ method: "GET", path: `/a/${CANARY}`, query, read }),
    client.json({ method: "POST", path: "/a", body: { token: CANARY }, read }),
    client.upload({ method: "PUT", path: "/a", body: Buffer.from(CANARY), length: CANARY.length }),
    client.download({ path: "/a", query }),
  ];
  const results = await Promise.allSettled(calls);
  const told = results.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  expect(told.length).toBeGreaterThan(2);
  expect(told.every((error) => error instanceof RemoteError)).toBe(true);
  const everything = inspect([told, told.map((error) => String((error as Error).stack)), ledger], {
    depth: 20,
    showHidden: true,
  });
  expect(ledger.length).toBeGreaterThan(2);
  expect(everything).not.toContain(CANARY);
});

test("an answer that is not understood is told without the token", async () => {
  const port = await serveRaw((socket) => socket.end(raw(200, JSON.stringify({ you: CANARY }))));
  const { client } = setupClient({ baseUrl: `http://127.0.0.1:${port}` });
  const read = (value: unknown): never => {
    throw new TypeError(`not understood: ${JSON.stringify(value)}`);
  };
  const error: unknown = await client.json({ method: "GET", path: "/a", read }).catch((each: unknown) => each);
  expect(inspect(error)).toContain("not understood");
  expect(inspect(error)).not.toContain(CANARY);
});

test.each([
  [
    "https://a.example/x?page=2&private_token=abc&access_token=abc",
    "https://a.example/x?page=2&private_token=%5Bredacted%5D&access_token=%5Bredacted%5D",
  ],
  [
    "https://a.example/x?X-Amz-Signature=abc&api_key=1",
    "https://a.example/x?X-Amz-Signature=%5Bredacted%5D&api_key=%5Bredacted%5D",
  ],
  ["https://me:pw@a.example/x#f", "https://a.example/x"],
])("%s is written down as %s", (url, shown) => expect(shownUrl(new URL(url), false)).toBe(shown));

test("of secrets within each other the longer goes first; what is short is no secret", () => {
  const secrets = createSecrets();
  ["12345678", "1234567890", "abc", ""].forEach((each) => secrets.add(each));
  expect(secrets.hide("x1234567890y abc")).toBe("x[redacted]y abc");
});

test("of a name with a password, the password alone is not repeated either", async () => {
  const said = JSON.stringify({ message: `'${password("wrong ")}' is not the password of sujin` });
  const port = await serveRaw((socket) => socket.end(raw(403, said)));
  const token = (): Promise<string> => Promise.resolve(`sujin:${password("wrong ")}`);
  const { get } = setupClient({ baseUrl: `http://127.0.0.1:${port}`, authHeader: "mlflow", token });
  const error = await troubleOf(get());
  expect(inspect(error)).not.toContain(password(""));
  expect(error.message).toContain("'[redacted]' is not the password of sujin");
});
