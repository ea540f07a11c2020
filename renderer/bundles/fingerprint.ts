/** A fingerprint as two people compare it over the telephone: digits, which sound alike in no language. */

const GROUPS = 6;
const GROUP_BYTES = 5;

const bytesOf = (fingerprint: string): readonly number[] | undefined => {
  const [, base64] = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(fingerprint) ?? [];
  return base64 === undefined ? undefined : [...atob(`${base64}=`)].map((char) => char.charCodeAt(0));
};

/**
 * Six groups of five digits, about 100 bits of the digest: the same on both machines for the same key, and for no
 * other that anyone can make. Undefined for what is no SHA-256 fingerprint.
 */
export const digitsOf = (fingerprint: string): string | undefined => {
  const bytes = bytesOf(fingerprint);
  if (!bytes) return undefined;
  const groups = Array.from({ length: GROUPS }, (_unused, i) => {
    const part = bytes.slice(i * GROUP_BYTES, (i + 1) * GROUP_BYTES);
    const number = part.reduce((sum, byte) => sum * 256 + byte, 0); // below 2 ** 40: exact
    return String(number % 100_000).padStart(5, "0");
  });
  return groups.join(" ");
};
