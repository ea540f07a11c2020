/** Names that people gave as names of files and folders that every system can hold. */

/** Keeps letters and digits of any script; what a system might mind becomes a blank. */
export const fileName = (name: string, longest = 80): string => {
  const plain = name
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N} ._+-]+/gu, " ")
    .replaceAll(/\s+/g, " ");
  const cut = [...plain].slice(0, longest).join("");
  return cut.replaceAll(/^[. ]+|[. ]+$/g, "") || "Outpost";
};
