/**
 * `outpost://…`: a link from outside leads to a page of the interface and does nothing else. It is taken apart strictly,
 * and its address is written anew from the parts; whatever is no known page leads Home, and says why.
 */
import type { Feature } from "./context.ts";

export interface DeepLink {
  /** A route of the page, such as `/experiments/3`. */
  readonly route: string;
  /** Why it leads Home instead of where it says. */
  readonly refused?: string;
}

const LONGEST = 2048;
const DEEPEST = 40;
const SCHEME = /^outpost:(?:\/\/)?/i;

type Rule = (part: string) => boolean;
const isNumber: Rule = (part) => /^\d{1,19}$/.test(part);
const isRun: Rule = (part) => /^[0-9a-f]{32}$/.test(part);
const isLoggedModel: Rule = (part) => /^m-[0-9a-f]{32}$/.test(part);
const isName: Rule = (part) => part.length <= 256 && !/[/:]/.test(part);
const isVersion: Rule = (part) => /^\d{1,10}$/.test(part) || /^\d+\.\d+\.\d+[0-9A-Za-z.+-]{0,64}$/.test(part);
const isWord: Rule = (part) => /^[a-z][a-z-]{0,40}$/i.test(part);
const rules: Readonly<Record<string, Rule>> = {
  ":id": isNumber,
  ":run": isRun,
  ":model": isLoggedModel,
  ":name": isName,
  ":version": isVersion,
  ":tab": isWord,
  ":section": isWord,
};

/** The page's own routes (`renderer/routes.ts`) that only show something. */
export const LINKABLE: readonly string[] = [
  "/",
  "/experiments",
  "/experiments/:id",
  "/experiments/:id/runs",
  "/experiments/:id/overview",
  "/experiments/:id/runs/:run",
  "/experiments/:id/runs/:run/:tab",
  "/experiments/:id/runs/:run/:tab/*",
  "/experiments/:id/models",
  "/experiments/:id/models/:model",
  "/compare-runs",
  "/search",
  "/models",
  "/models/:name",
  "/models/:name/compare",
  "/models/:name/versions/:version",
  "/compare-model-versions",
  "/settings",
  "/settings/:section",
  "/trash",
  "/activity",
];

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "");

const isFit = (pattern: string, parts: readonly string[]): boolean => {
  const wanted = partsOf(pattern);
  const rest = wanted.at(-1) === "*";
  if (rest ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((name, i) => name === "*" || (rules[name] ?? ((part: string) => part === name))(parts[i] ?? ""));
};

/** Decoded once. @throws URIError for what is no percent-encoding. */
const decode = (part: string): string => {
  const text = decodeURIComponent(part);
  if (text === "" || text === "." || text === ".." || /[\p{Cc}\p{Cs}\\]/u.test(text)) throw new URIError("odd part");
  return text;
};

const MOST_TOLD = 200;

/** Where a link leads; Home, which tells of the link, where it leads nowhere. Never throws. */
export const readLink = (link: string): DeepLink => {
  const home = (refused: string): DeepLink => ({
    route: `/?${new URLSearchParams({ missing: link.slice(0, MOST_TOLD) }).toString()}`,
    refused,
  });
  if (link.length > LONGEST) return home("The link is too long");
  if (!SCHEME.test(link)) return home("It is no outpost:// link");
  // `outpost://experiments/3`, `outpost:///experiments/3` and `outpost://#/experiments/3` are the same place.
  const address = link.replace(SCHEME, "").replace(/^\/?#?\/?/, "");
  if (!/^[\x21-\x7e]*$/.test(address) || /["'<>\\^`{|}#]/.test(address))
    return home("The link has characters that no address has");
  const [path = "", ...queries] = address.split("?");
  if (queries.length > 1) return home("The link has two queries");
  try {
    const raw = path.replace(/\/$/, "");
    const parts = raw === "" ? [] : raw.split("/").map(decode);
    const isPage = parts.length <= DEEPEST && LINKABLE.some((pattern) => isFit(pattern, parts));
    if (!isPage) return home("The link leads to no page of Outpost");
    const query = queryOf(queries[0] ?? "");
    return { route: `/${parts.map(encodeURIComponent).join("/")}${query && `?${query}`}` };
  } catch (error) {
    if (error instanceof URIError) return home("The link is not written as addresses are");
    throw error;
  }
};

/** The state of a page in its address, read and written anew. */
const queryOf = (text: string): string => {
  decodeURIComponent(text); // refuses what URLSearchParams would replace by signs for "unreadable"
  const query = new URLSearchParams(text);
  if ([...query].some(([name, value]) => /[\p{Cc}\p{Cs}]/u.test(name + value))) throw new URIError("odd query");
  return query.toString();
};

/** The link among the arguments of a start: that is how Windows and Linux hand one over. */
export const linkIn = (args: readonly string[]): string | undefined => args.find((arg) => /^outpost:/i.test(arg));

/** Follows the links that a start of the app was given. Nothing else than a page comes of one. */
export const deepLinks: Feature = ({ electron, platform, windows, log, onHandOver }) => {
  // Packages of the other systems carry the scheme themselves.
  if (platform === "win32" && electron.app.isPackaged) electron.app.setAsDefaultProtocolClient("outpost");
  onHandOver(({ words }) => {
    const link = linkIn(words);
    if (link === undefined) return;
    const { route, refused } = readLink(link);
    if (refused !== undefined) log.warn("a link was not followed", { refused, link: link.slice(0, MOST_TOLD) });
    windows.show(route);
  });
  return {};
};
