/** X.509 certificates made on the spot, so that no key lies in the repository and none runs out. RFC 5280, as little as TLS takes. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const seq = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const text = (value: string): Buffer => der(0x0c, Buffer.from(value));
const attribute = (id: string, value: string): Buffer => der(0x31, seq(oid(id), text(value)));
const time = (at: Date): Buffer => der(0x18, Buffer.from(`${at.toISOString().replace(/\D/g, "").slice(0, 14)}Z`));
const TRUE = der(0x01, Buffer.from([0xff]));
const extension = (id: string, value: Buffer, ...critical: readonly Buffer[]): Buffer =>
  seq(oid(id), ...critical, der(0x04, value));
const ECDSA_SHA256 = seq(oid("2a8648ce3d040302"));

const nameOf = (commonName: string): Buffer => seq(attribute("55040a", "Acme"), attribute("550403", commonName));

const altName = (host: string): Buffer =>
  /^[\d.]+$/.test(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));

export interface Identity {
  readonly name: string;
  readonly privateKey: KeyObject;
  /** PEM */
  readonly key: string;
  /** PEM */
  readonly cert: string;
}

const DAY_MS = 86_400_000;

export interface Wanted {
  readonly name: string;
  /** Undefined: signed by itself. */
  readonly issuer?: Identity;
  /** Names and addresses it is for; none makes it an issuer. */
  readonly hosts?: readonly string[];
  /** Days from now. */
  readonly validUntil?: number;
}

export const makeCertificate = ({ name, issuer, hosts = [], validUntil = 10 }: Wanted): Identity => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension("551d13", hosts.length === 0 ? seq(TRUE) : seq(), TRUE),
    ...(hosts.length === 0 ? [] : [extension("551d11", seq(...hosts.map(altName)))]),
  ];
  const body = seq(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    nameOf(issuer?.name ?? name),
    seq(time(new Date(Date.now() - 20 * DAY_MS)), time(new Date(Date.now() + validUntil * DAY_MS))),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, seq(...extensions)),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const whole = seq(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const base64 = (whole.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
  return {
    name,
    privateKey,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
};
