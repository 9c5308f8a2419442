import assert from "node:assert/strict";
import { metricsOf } from "../../../operator/doctor/metrics";

describe("metrics of a report", () => {
  const named = { area: "AWS", title: "", doc: "" } as const;
  const text = metricsOf(
    {
      schemaVersion: 1,
      stack: 'pr"od',
      mode: "dual-ip",
      findings: [
        {
          ...named,
          code: "API_ADDRESS_AUTOMATIC",
          severity: "warning",
          observed: "secret?",
          expected: "",
          fix: "",
        },
      ],
      good: [{ ...named, code: "INSTANCE_GONE", severity: "error" }],
      skipped: [{ ...named, code: "HTTP_CLOSED", severity: "error", because: "no credentials" }],
    },
    1_700_000_000,
  );

  it("1 is a finding, 0 is good, and what was not checked has no sample", () => {
    assert.deepEqual(
      text.split("\n").filter((line) => !line.startsWith("#")),
      [
        'secondary_ingress_finding{stack="pr\\"od",code="API_ADDRESS_AUTOMATIC",severity="warning"} 1',
        'secondary_ingress_finding{stack="pr\\"od",code="INSTANCE_GONE",severity="error"} 0',
        'secondary_ingress_doctor_time_seconds{stack="pr\\"od"} 1700000000',
        "",
      ],
    );
  });

  it("each metric has its HELP and TYPE before it, as node-exporter asks for", () => {
    for (const name of ["secondary_ingress_finding", "secondary_ingress_doctor_time_seconds"])
      assert.match(text, new RegExp(`# HELP ${name} .+\\n# TYPE ${name} gauge\\n${name}\\{`));
  });
});
