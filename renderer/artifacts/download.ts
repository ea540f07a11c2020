import type { Call } from "../../shared/api/client.ts";
import { prepareDownload } from "../../shared/api/outpost/artifacts.ts";
import { m } from "../i18n/messages.ts";
import { toasts } from "../lib/toasts.svelte.ts";
import { zipHref, type ArtifactSource } from "./source.ts";

/** The host takes addresses of 16 kB; some room is left for headers of proxies. */
const LONGEST = 6000;

/** Lets the browser fetch an address to disk, as a link does. */
const follow = (href: string): void => {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
};

/** Downloads files and folders of a source as one zip; without paths, all of it. */
export const downloadZip = async (
  call: Call,
  source: Pick<ArtifactSource, "root">,
  paths: readonly string[],
  name: string,
): Promise<void> => {
  const href = zipHref(source.root, paths, name);
  try {
    follow(
      href.length <= LONGEST
        ? href
        : (await call(prepareDownload, { root: source.root, paths: [...paths], name })).href,
    );
  } catch (error) {
    toasts.fail(m.artifacts_download(), error);
  }
};
