import { expect, test } from "vitest";
import { entryIn } from "../../../renderer/lib/build.ts";

test.each([
  [`<script type="module" crossorigin src="/assets/index-fQvDb-f1.js"></script>`, "/assets/index-fQvDb-f1.js"],
  [`<script type="module" src="./assets/index-1.js"></script>`, "/assets/index-1.js"],
  [`<script type="module" src="./main.ts"></script>`, undefined],
  ["The interface is not built yet", undefined],
])("the page's entry: %s", (html, entry) => {
  expect(entryIn(html, "http://127.0.0.1:5000/")).toBe(entry);
});
