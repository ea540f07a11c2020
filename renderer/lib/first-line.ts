/** One line that says what a Markdown text is about: its first with words in it, without the marks of a heading. */
export const firstLine = (text: string | null): string =>
  (text ?? "")
    .split("\n")
    .map((line) => line.replace(/^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+)/, "").trim())
    .find((line) => /[\p{L}\p{N}]/u.test(line)) ?? "";
