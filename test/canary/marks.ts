/** What gives a secret away, whatever it was turned into on its way: the tests' canary, our own tokens, private keys. */
import { CANARY } from "../helpers/canary.ts";

const quoted = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
const anyOf = (texts: readonly string[]): string => texts.map(quoted).join("|");

/** The middle of a text's base64, for each of the three places at which it can begin within what was encoded. */
export const base64Of = (text: string): string[] =>
  [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString("base64").slice(Math.ceil((before * 8) / 6), whole);
  });

const letters = Array.from(CANARY);
const codes = letters.map((letter) => letter.charCodeAt(0).toString(16));
const bothCases = (text: string): string[] => [text, text.toUpperCase()];
const withEscapes = (start: string): string[] =>
  bothCases(codes.join(" ")).map((hex) => hex.replaceAll(/\w+/g, (code) => start + code).replaceAll(" ", ""));

const BASE64 = "[A-Za-z0-9+/_-]";
const shapes = {
  plain: anyOf([CANARY, CANARY.toLowerCase(), CANARY.toUpperCase()]),
  base64: anyOf(base64Of(CANARY)),
  hex: anyOf(bothCases(codes.join(""))),
  "URL-encoded": anyOf(withEscapes("%")),
  "JSON escapes": anyOf(withEscapes("\\u00")),
  "UTF-16": anyOf([letters.join("\0")]),
  "an access token": "outpost_[\\w-]{43}",
  "an access token in base64": `(?:${anyOf(base64Of("outpost_"))})${BASE64}{55,}`,
  "a private key": `-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\\s|\\\\[nr])*${BASE64}{40}`,
};
/** In what form a secret was found. */
export type Form = keyof typeof shapes;
const forms = Object.keys(shapes).filter((name): name is Form => name in shapes);
const pattern = new RegExp(forms.map((name) => `(${shapes[name]})`).join("|"), "g");
const token = new RegExp(shapes["an access token"]);

/** The longest that can lie across two parts of what is read in parts. */
export const OVERLAP = 1024;

/** Four letters of base64 are three bytes: from one of these letters on it reads as what was encoded. */
const isTokenInBase64 = (text: string, from: number, to: number): boolean =>
  [0, 1, 2, 3].some((back) =>
    token.test(Buffer.from(text.slice(Math.max(0, from - back), to), "base64").toString("latin1")),
  );

/** In which form the text holds a secret; undefined for none. */
export const formIn = (text: string): Form | undefined => {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const form = forms[match.slice(1).findIndex((group) => group !== undefined)];
    if (form !== "an access token in base64" || isTokenInBase64(text, match.index, pattern.lastIndex)) return form;
  }
  return undefined;
};
