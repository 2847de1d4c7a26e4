import { expect, it } from "vitest";
import { startSandbox } from "../sandbox-under-test.ts";

it("the page runs its own script only, and asks nobody else for anything", async () => {
  const { url } = await startSandbox();
  for (const [path, type] of [
    ["/", "text/html; charset=utf-8"],
    ["/outbox.css", "text/css; charset=utf-8"],
    ["/outbox.js", "text/javascript; charset=utf-8"],
  ]) {
    const response = await fetch(url + path);
    expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 200, type]);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).not.toMatch(/https?:\/\/|innerHTML|insertAdjacentHTML|document\.write/);
  }
});

it("names that every object has are no files of the page", async () => {
  const { api } = await startSandbox();
  expect((await api("GET", "/constructor")).status).toBe(404);
});
