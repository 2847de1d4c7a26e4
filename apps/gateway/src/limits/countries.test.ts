import { UserAPI } from "@verigate/contract";
import { countryCodes } from "@verigate/telemetry";
import { getCountries } from "libphonenumber-js/min";
import { describe, expect, it } from "vitest";
import { limitsScene } from "./limits-for-test.ts";
import { phoneFromNumber } from "./phone.ts";

describe("a phone's country", () => {
  it.each([
    ["+37255555555", "EE"],
    ["+12025550123", "US"],
    ["+12042345678", "CA"],
    ["+18765551234", "JM"],
    ["+77011234567", "KZ"],
    ["+79161234567", "RU"],
    ["+447400123456", "GB"],
    ["+447781123456", "GG"],
    ["+80012345678", "unknown"],
    ["+883510000000", "unknown"],
    ["+9991234567", "unknown"],
  ])("of %s is %s", (phone, country) => {
    expect(phoneFromNumber(phone).country).toBe(country);
  });

  it("is one of those that settings and metrics know", () => {
    expect([...countryCodes].sort()).toEqual([...getCountries()].sort());
  });
});

describe("VERIGATE_COUNTRIES", () => {
  const env = { VERIGATE_COUNTRIES: "EE, LV" };

  it.each([
    ["+37255555555", "created"],
    ["+37121234567", "created"],
    ["+37061234567", "country-not-allowed"],
    ["+883510000000", "country-not-allowed"],
  ])("of %s: %s", async (phoneNumber, answer) => {
    const the = limitsScene({ env });

    expect(await the.createUser({ phoneNumber })).toBe(answer);
    expect(the.asked).toHaveLength(answer === "created" ? 1 : 0);
    expect(the.decisions()).toEqual([answer === "created" ? "countries allowed" : "countries denied"]);
  });

  it("names the field and the country, not the number", async () => {
    const the = limitsScene({ env });
    const request = { serviceId: "s", idInService: "u", phoneNumber: "+37061234567" };
    const fault = await the.faultOf(the.run(the.unary(UserAPI.method.createUser, request)));

    expect(fault.violations).toEqual([{ field: "phone_number", description: "its country (LT) is not served" }]);
  });

  it("refuses nobody as a shadow, and tells whom it would", async () => {
    const the = limitsScene({ env: { ...env, VERIGATE_LIMIT_SHADOW: "countries" } });

    expect(await the.createUser({ phoneNumber: "+37061234567" })).toBe("created");
    expect(the.decisions()).toEqual(["countries shadow_denied"]);
  });

  it("that is not set refuses nobody", async () => {
    const the = limitsScene();

    expect(await the.createUser({ phoneNumber: "+883510000000" })).toBe("created");
    expect(the.decisions()).toEqual([]);
  });
});
