import { expect, it } from "vitest";
import { parseCoreList } from "./cores.ts";

it.each([
  { list: "0", cores: [0] },
  { list: "0-3", cores: [0, 1, 2, 3] },
  { list: "1,4-6,9", cores: [1, 4, 5, 6, 9] },
])("the core list $list has the cores $cores", ({ list, cores }) => {
  expect(parseCoreList(list)).toEqual(cores);
});
