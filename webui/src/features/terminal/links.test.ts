import { expect, it } from "vitest";
import { allowed } from "./links";

it("leads to pages and mail only", () => {
  expect(allowed("https://example.com/a b")).toBe("https://example.com/a%20b");
  expect(allowed("http://nas:8080/")).toBe("http://nas:8080/");
  expect(allowed("mailto:olivia@example.com")).toBe("mailto:olivia@example.com");
  for (const bad of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:https://x/1", "no address", ""]) {
    expect(allowed(bad)).toBeNull();
  }
});
