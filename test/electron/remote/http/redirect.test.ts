import { expect, test } from "vitest";
import { nextHop, type Redirect } from "../../../../electron/remote/http/redirect.ts";

const hop = (more: Partial<Redirect> & { to: string; at?: string }) => {
  const { to, at = "https://git.example/api/x", ...rest } = more;
  const from = new URL(at);
  return nextHop({ kind: "api", what: "GET x", from, status: 302, location: to, write: false, hops: 0, ...rest }).href;
};

test.each([
  [{ to: "/api/y" }, "https://git.example/api/y"],
  [{ to: "y?a=1" }, "https://git.example/api/y?a=1"],
  [{ to: "https://user:pw@git.example/y" }, "https://git.example/y"],
  [{ to: "/y", write: true, status: 307 }, "https://git.example/y"],
  [{ to: "/y", write: true, status: 308 }, "https://git.example/y"],
  [{ to: "https://files.example/y?sig=1", kind: "file" }, "https://files.example/y?sig=1"],
  [{ to: "http://files.example/y", kind: "file", at: "http://git.example/" }, "http://files.example/y"],
  [{ to: "http://127.0.0.1:9/y", kind: "file", at: "http://localhost:8/" }, "http://127.0.0.1:9/y"],
] as const)("%j is gone to", (more, expected) => expect(hop(more)).toBe(expected));

test.each([
  [{ to: "https://evil.example/y" }, "insecure", /https:\/\/evil\.example, which is not followed/],
  [{ to: "https://git.example:444/y" }, "insecure", /not followed/],
  [{ to: "http://git.example/api/x" }, "insecure", /from https to http:\/\/git\.example/],
  [{ to: "http://files.example/y", kind: "file" }, "insecure", /from https to/],
  [{ to: "https://127.0.0.1/y", kind: "file" }, "insecure", /this machine's own network/],
  [{ to: "https://localhost/y", kind: "file" }, "insecure", /own network/],
  [{ to: "https://[::1]/y", kind: "file" }, "insecure", /own network/],
  [{ to: "https://169.254.169.254/latest", kind: "file" }, "insecure", /own network/],
  [{ to: "file:///etc/passwd", kind: "file" }, "garbled", /no web address/],
  [{ to: "javascript:alert(1)" }, "garbled", /no web address/],
  [{ to: "https://" }, "garbled", /no web address/],
  [{ to: "/y", hops: 5 }, "garbled", /more than 5 times/],
  [{ to: "/y", write: true }, "garbled", /a write was redirected/],
] as const)("%j is not", (more, trouble, message) => {
  expect(() => hop(more)).toThrow(expect.objectContaining({ trouble, message: expect.stringMatching(message) }));
});

test("a write that was redirected may have been executed, unless the redirect asks to send it again", () => {
  expect(() => hop({ to: "/y", write: true, status: 303 })).toThrow(expect.objectContaining({ maybeDone: true }));
  expect(() => hop({ to: "https://evil.example/", write: true, status: 307 })).toThrow(
    expect.objectContaining({ maybeDone: false }),
  );
});

test("an answer that redirects to nowhere", () => {
  const from = new URL("https://git.example/");
  const nowhere = {
    kind: "api",
    what: "GET x",
    from,
    status: 302,
    location: undefined,
    write: false,
    hops: 0,
  } as const;
  expect(() => nextHop(nowhere)).toThrow(/no web address/);
});
