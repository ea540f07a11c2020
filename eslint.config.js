import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist/", "release/", "renderer/i18n/compiled/", ".cache/", ".venv/", "test-results/", "test/fixtures/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [...ts.configs.strictTypeChecked, ...ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true, varsIgnorePattern: "^_", argsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Wire names and rows are looked up by key all over the edge; the compiler option already guards the result.
      "@typescript-eslint/dot-notation": "off",
      // Rows and wire objects are named by `type` where they come from a schema; both words are in use.
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": "off", // `return refuse(…)` reads well
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-invalid-void-type": "off", // Promise.withResolvers<void>() is right
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/consistent-indexed-object-style": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off", // naming the words that matter is documentation
      "@typescript-eslint/no-unnecessary-type-conversion": "off", // what a platform's type promises is not always what comes
      // "" means missing on MLflow's wire, so `||` is often exactly right; spreading text into code points is meant.
      "@typescript-eslint/prefer-nullish-coalescing": "off",
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      // Factories return objects of functions that use no `this`; passing one on is the normal case.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    // A test looks into answers of unknown shape, and fails by itself where the shape is another.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unnecessary-condition": "off",
    },
  },
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // {@html} is for text that went through the one sanitizer only; each use says so.
      "svelte/no-at-html-tags": "error",
      "svelte/prefer-svelte-reactivity": "off", // most sets and URLs are values, not state
      "svelte/no-useless-mustaches": "off", // {" "} keeps a blank that formatting would take
      "svelte/no-unused-svelte-ignore": "off", // sees only some of the compiler's warnings; svelte-check sees all
    },
  },
);
