import { m } from "../i18n/messages.ts";

const CLASSES: Readonly<Record<string, () => string>> = {
  public: m.sync_class_public,
  official: m.sync_class_official,
  secret: m.sync_class_secret,
  unclassified: m.bundles_class_none,
};
/** A classification as the page says it; a word that it does not know is shown as it is. */
export const classText = (word: string): string => CLASSES[word]?.() ?? word;
