/**
 * A text as it is compared: small letters, without the accents of Latin, Greek and Cyrillic, full-width forms as plain
 * ones. Marks of other scripts stay: in Japanese か and が are two letters.
 */
export const fold = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC");
