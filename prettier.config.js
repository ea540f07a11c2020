/** @type {import("prettier").Config} */
export default {
  printWidth: 120,
  trailingComma: "all",
  plugins: ["prettier-plugin-svelte"],
  overrides: [
    { files: "*.svelte", options: { parser: "svelte" } },
    // A paragraph is one line or hand-broken; either way the author chose it.
    { files: "*.md", options: { proseWrap: "preserve" } },
  ],
};
