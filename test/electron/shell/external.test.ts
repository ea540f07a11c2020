import { expect, test } from "vitest";
import { outsideAddress } from "../../../electron/shell/external.ts";

test.each([
  ["https://mlflow.org/docs?x=1#y", "https://mlflow.org/docs?x=1#y"],
  ["HTTPS://Example.com", "https://example.com/"],
  ["http://example.com", undefined],
  ["javascript:alert(1)", undefined],
  ["file:///etc/passwd", undefined],
  ["smb://host/share", undefined],
  ["ms-msdt:/id", undefined],
  ["https://good.example@evil.example/", undefined],
  ["https://:secret@evil.example/", undefined],
  ["not a url", undefined],
  ["", undefined],
])("%s leads to %s", (url, address) => {
  expect(outsideAddress(url)).toBe(address);
});
