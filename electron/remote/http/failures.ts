/** Turns what sockets, TLS and answers say into a RemoteError. Texts of Node are not passed on: only their codes are. */
import type { IncomingHttpHeaders } from "node:http";
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import { RemoteError, type RemoteErrorFacts, type RemoteTrouble } from "../errors.ts";
import { retryAfterMs } from "./pacer.ts";

/** The code of a system or library error; "" when it has none. */
export const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";

const NO_NETWORK = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
]);

const CERTIFICATE = /CERT|ISSUER|SELF_SIGNED|CRL|UNABLE_TO|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH/;
const TLS = /^(?:ERR_SSL|ERR_TLS|EPROTO$)/;

export const isTlsCode = (code: string): boolean => CERTIFICATE.test(code) || TLS.test(code);

const nameOf = (name: PeerCertificate["subject"] | undefined): string =>
  [name?.CN, name?.O]
    .flat()
    .filter((part) => part !== undefined)
    .map((part) => `"${part.slice(0, 100)}"`)
    .join(", ") || "(no name)";

const rootOf = (certificate: DetailedPeerCertificate): DetailedPeerCertificate => {
  let top = certificate;
  for (let depth = 0; depth < 10 && "issuerCertificate" in top && top.issuerCertificate !== top; depth += 1)
    top = top.issuerCertificate;
  return top;
};

const wayOut = (code: string, certificate: DetailedPeerCertificate, where: string): string => {
  if (code === "CERT_HAS_EXPIRED") return `It was valid until ${certificate.valid_to}: its owner has to renew it.`;
  if (code === "CERT_NOT_YET_VALID")
    return `It is valid from ${certificate.valid_from}: is this machine's clock right?`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `It is for ${certificate.subjectaltname?.slice(0, 200) ?? nameOf(certificate.subject)}, not for ${where}: use one of these names in the remote's address.`;
  const root = nameOf(rootOf(certificate).issuer);
  return `If this network is meant to use it, add the certificate of ${root} (a PEM file) to the remote.`;
};

/** A certificate that is not trusted: whose it is, who issued it, and what would help. */
export const untrusted = (code: string, where: string, certificate?: DetailedPeerCertificate): RemoteError => {
  if (certificate?.subject === undefined)
    return new RemoteError(
      "insecure",
      CERTIFICATE.test(code)
        ? `The certificate of ${where} is not trusted (${code}). If you know its issuer, add the issuer's certificate (a PEM file) to the remote.`
        : `No TLS connection to ${where} (${code}). Does the address belong to an http:// service, or to an old one?`,
    );
  const whose = `subject ${nameOf(certificate.subject)}, issuer ${nameOf(certificate.issuer)}`;
  const help = wayOut(code, certificate, where);
  return new RemoteError("insecure", `The certificate of ${where} is not trusted (${code}): ${whose}. ${help}`);
};

/** No connection came about: nothing was sent. */
export const notConnected = (error: unknown, where: string): RemoteError => {
  if (error instanceof RemoteError) return error;
  const code = codeOf(error);
  if (isTlsCode(code)) return untrusted(code, where);
  return new RemoteError("offline", `No connection to ${where}${code === "" ? "" : ` (${code})`}`);
};

/** The connection broke after something may have gone out. */
export const broken = (error: unknown, what: string, write: boolean): RemoteError => {
  if (error instanceof RemoteError) return error;
  const code = codeOf(error);
  const facts = { maybeDone: write };
  if (isTlsCode(code)) return new RemoteError("insecure", `${what}: TLS failed (${code})`, facts);
  if (code.startsWith("HPE_")) return new RemoteError("garbled", `${what}: the answer is not HTTP (${code})`, facts);
  if (NO_NETWORK.has(code)) return new RemoteError("offline", `${what}: the network is gone (${code})`, facts);
  return new RemoteError("unavailable", `${what}: the connection was cut${code === "" ? "" : ` (${code})`}`, facts);
};

const MAX_SAID = 300;

/** What an error's body says in words, whichever of the shapes it has. */
const said = (body: unknown): string => {
  if (typeof body === "string") return body;
  if (typeof body !== "object" || body === null) return "";
  const fields: Record<string, unknown> = { ...body };
  const found = ["message", "error_description", "error", "error_code"].map((name) => fields[name]).find(Boolean);
  return typeof found === "string" ? found : found === undefined ? "" : JSON.stringify(found);
};

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, MAX_SAID);

const troubles: Readonly<Record<number, RemoteTrouble>> = {
  401: "auth",
  403: "forbidden",
  404: "gone",
  407: "captive",
  408: "unavailable",
  409: "exists",
  410: "gone",
  413: "too_large",
  416: "corrupt", // the file there is shorter than what is already here
  425: "unavailable",
  429: "rate_limited",
  501: "invalid",
};

const troubleOf = (status: number): RemoteTrouble =>
  troubles[status] ?? (status >= 500 ? "unavailable" : status >= 400 ? "invalid" : "garbled");

export interface Refusal {
  readonly what: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly isHtml: boolean;
  readonly write: boolean;
}

/** An answer that is no success. */
export const refused = ({ what, status, headers, body, isHtml, write }: Refusal): RemoteError => {
  const facts: RemoteErrorFacts = { status, body, retryAfterMs: retryAfterMs(headers) };
  if (status === 407)
    return new RemoteError("captive", `${what}: the proxy asks for a name and a password (407)`, facts);
  if (isHtml && !write && (status === 403 || status === 404))
    return new RemoteError("captive", `${what}: answered ${status} by a web page, not by an API`, facts);
  const trouble = troubleOf(status);
  const text = isHtml ? "a web page" : oneLine(said(body));
  const message = `${what}: answered ${status}${text === "" ? "" : `, ${text}`}`;
  const unsure = trouble === "unavailable" || trouble === "garbled";
  return new RemoteError(trouble, message, { ...facts, maybeDone: write && unsure });
};
