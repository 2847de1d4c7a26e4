import { type FaultKind, faultOwners } from "@verigate/call";
import { nameOfReason } from "@verigate/contract";
import { errorCatalogue } from "@verigate/rpc-server";
import { createMetrics } from "@verigate/telemetry";
import { expect, it } from "vitest";

const lines = (await createMetrics().render("text")).text.split("\n");
const kinds = Object.keys(errorCatalogue) as FaultKind[];

it.each(kinds.filter((kind) => faultOwners[kind] !== "caller"))(
  "%s, which is not the caller's doing, is counted at 0 before it has happened",
  (kind) => {
    const reason = nameOfReason(errorCatalogue[kind].reason);
    const labels = `grpc_method="InitiateAuth",reason="${reason}",owner="${faultOwners[kind]}"`;
    expect(lines).toContain(`verigate_rpc_errors_total{grpc_service="verigate.v1.AuthAPI",${labels}} 0`);
  },
);

it.each(kinds)("the reason of %s has a series of its own", async (kind) => {
  const metrics = createMetrics();
  const reason = nameOfReason(errorCatalogue[kind].reason);
  metrics.authInitiationFailed("s", reason);
  const page = await metrics.render("text");
  expect(page.text).toContain(`verigate_auth_initiation_errors_total{service_id="other",reason="${reason}"} 1\n`);
});
