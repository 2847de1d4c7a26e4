import { expect, test } from "vitest";
import { salts, saltsIn } from "./salts.ts";

const pin = salts.pin.text;
const bytes = Buffer.from(pin);

test.each([
  { form: "as it is", text: `pin=${pin}.` },
  { form: "in hex", text: bytes.toString("hex").toUpperCase() },
  { form: "in hex with spaces", text: bytes.toString("hex").replaceAll(/..(?!$)/g, "$& ") },
  { form: "percent-encoded", text: bytes.toString("hex").replaceAll(/../g, "%$&") },
  { form: "in JSON escapes", text: bytes.toString("hex").replaceAll(/../g, "\\u00$&") },
  { form: "as a list of bytes", text: JSON.stringify(bytes) },
  { form: "in base64", text: bytes.toString("base64") },
  { form: "in base64", text: Buffer.from(`a${pin}bc`).toString("base64") },
  { form: "in base64", text: Buffer.from(`ab${pin}?`).toString("base64url") },
])("the search for leaks finds a PIN $form in $text", ({ form, text }) => {
  expect(saltsIn(text)).toContain(`PIN ${form}`);
});

test("the search for leaks finds nothing where nothing is", () => {
  expect(saltsIn(pin.slice(1))).toEqual([]);
});
