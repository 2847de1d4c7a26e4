import fc from "fast-check";
import { expect, it } from "vitest";
import type { User } from "./shapes.ts";
import { columnsFromUsers, UserList } from "./user-list.ts";

const user = fc.record({
  id: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
  idInService: fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
  createTime: fc.record({ seconds: fc.integer(), nanos: fc.integer({ min: 0, max: 999_999_999 }) }),
});
const users = fc.uniqueArray(user, { selector: ({ id }) => id, maxLength: 60 });
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function allOf(list: UserList): User[] {
  return Array.from({ length: list.size }, (_, index) => list.at(index));
}

it("a list holds the users it was made of, ordered by the bytes of their ids", () => {
  fc.assert(
    fc.property(users, (given) => {
      const list = new UserList(columnsFromUsers(given), undefined);
      expect(allOf(list)).toEqual([...given].sort((a, b) => byBytes(a.id, b.id)));
    }),
  );
});

it("indexAfter finds the first user behind an id, whether a user has it or not", () => {
  fc.assert(
    fc.property(users, fc.string({ unit: "grapheme", maxLength: 8 }), (given, id) => {
      const list = new UserList(columnsFromUsers(given), undefined);
      expect(list.indexAfter(id)).toBe(given.filter((each) => byBytes(each.id, id) <= 0).length);
    }),
  );
});

it("indexesOf finds exactly the users of an id_in_service, in the list's order", () => {
  fc.assert(
    fc.property(users, fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }), (given, other) => {
      const list = new UserList(columnsFromUsers(given), undefined);
      for (const idInService of [other, ...given.map((each) => each.idInService)]) {
        const found = list.indexesOf(idInService).map((index) => list.at(index).id);
        const expected = allOf(list).filter((each) => each.idInService === idInService);
        expect(found).toEqual(expected.map(({ id }) => id));
      }
    }),
  );
});

it("a list of 10,000 users takes less than 120 bytes a user", () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({
    id: crypto.randomUUID(),
    idInService: `user-${index}@shop.example`,
    createTime: { seconds: index, nanos: 0 },
  }));

  expect(new UserList(columnsFromUsers(many), undefined).byteLength).toBeLessThan(1_200_000);
});
