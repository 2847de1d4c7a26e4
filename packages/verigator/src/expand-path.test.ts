import { Fault } from "@verigate/call";
import fc from "fast-check";
import { expect, it } from "vitest";
import { expandPath } from "./expand-path.ts";

it.each([
  ["plain", "/a/plain/b"],
  ["a/b", "/a/a%2Fb/b"],
  ["100%", "/a/100%25/b"],
  ["?x#y", "/a/%3Fx%23y/b"],
  ["...", "/a/.../b"],
  ["äöü", "/a/%C3%A4%C3%B6%C3%BC/b"],
  ["it's (*)!", "/a/it%27s%20%28%2A%29%21/b"],
])("%j becomes one path segment", (id, path) => {
  expect(expandPath("/a/{id}/b", { id })).toBe(path);
});

it.each(["", ".", "..", "\ud800"])("%j can't be a path segment, and is refused by its field's name", (userId) => {
  const error = catchError(() => expandPath("/users/{userId}", { userId }));

  expect(error).toBeInstanceOf(Fault);
  expect((error as Fault).kind).toBe("invalid-request");
  expect((error as Fault).violations).toEqual([{ field: "user_id", description: "can't be part of a path" }]);
});

it("any id that is accepted arrives as it was, in the place of its segment", () => {
  const id = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "." && text !== "..");
  fc.assert(
    fc.property(id, id, (serviceId, userId) => {
      const url = new URL(`http://host${expandPath("/s/{serviceId}/users/{userId}/auth", { serviceId, userId })}`);
      expect(url.pathname.split("/").map(decodeURIComponent)).toEqual(["", "s", serviceId, "users", userId, "auth"]);
    }),
  );
});

function catchError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
