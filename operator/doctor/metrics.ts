/** A report in Prometheus' text exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import type { Report } from "./report";

/** A label's value, escaped as the format asks for. */
const label = (value: string): string => JSON.stringify(value);

/**
 * `secondary_ingress_finding`: 1 for each finding, 0 for each check that is good; what was not checked has no sample.
 * @param now Unix time in seconds
 */
export function metricsOf({ stack, findings, good }: Report, now = Math.floor(Date.now() / 1000)): string {
  const sample = (value: 0 | 1) => (check: { code: string; severity: string }) =>
    `secondary_ingress_finding{stack=${label(stack)},code="${check.code}",severity="${check.severity}"} ${value}`;
  return [
    "# HELP secondary_ingress_finding 1 where `secondary-ingress doctor` finds this, 0 where it is good.",
    "# TYPE secondary_ingress_finding gauge",
    ...findings.map(sample(1)),
    ...good.map(sample(0)),
    "# HELP secondary_ingress_doctor_time_seconds When the doctor last looked.",
    "# TYPE secondary_ingress_doctor_time_seconds gauge",
    `secondary_ingress_doctor_time_seconds{stack=${label(stack)}} ${now}`,
    "",
  ].join("\n");
}
