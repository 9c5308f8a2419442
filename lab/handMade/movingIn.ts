/** Rows that show how the program moves in on a hand-made layout, stays, and gives it back. */
import type { CallRecord } from "../aws/callRecord";
import type { KeptLab } from "../keptLab";
import { waitForCluster } from "../kubernetes/controlPlane";
import type { LabState } from "../lab";
import type { Finished } from "../process";
import { step } from "../progress";
import { awsCalls } from "../proof/proof";
import { asBuiltRows } from "./asBuilt";
import type { Count } from "../proof/prober";
import { renewApiServer } from "./make";
import { signalKubelet } from "../proof/node";
import { stackOutputs } from "../proof/outputs";
import { rebootedRows } from "../proof/reboot";
import { type Row, row } from "../proof/row";
import { difference, type Snapshot } from "../proof/snapshot";
import { run } from "./hands";
import type { Layout } from "./layout";
import { closeAll, openConnections } from "./openConnections";
import { type Probed, startLayoutProbers } from "./probers";
import { layoutSnapshot } from "./snapshot";
import { type Variant, variants } from "./variants";

/** What a layout must not lose, ever. */
const takesAway = ["DisassociateAddress", "ReleaseAddress", "UnassignPrivateIpAddresses"];

const said = ({ status, stdout, stderr }: Finished): string =>
  `exit status ${status}: ${`${stdout}${stderr}`.trim().split("\n").slice(-30).join("\n")}`;

/** The settings that `secondary-ingress adopt` finds. */
async function consent({ pulumi }: KeptLab, { secondaryPrivateIp, elasticIp }: Layout): Promise<void> {
  const set = (key: string, value: string): Promise<Finished> => pulumi("config", "set", key, value, "--stack", "prod");
  await set("secondaryPrivateIp", secondaryPrivateIp);
  await set("adopt", "true");
  if (elasticIp) await set("allocationId", elasticIp.allocationId);
}

/**
 * Runs `work` under 20 requests a second to each place that answered before, and counts those that failed, and how often a
 * connection that was open before is cut.
 */
async function probed(
  id: string,
  name: string,
  layout: Layout,
  answering: readonly Probed[],
  work: () => Promise<Finished>,
): Promise<Row[]> {
  const connections = await openConnections(layout, answering);
  const probers = await startLayoutProbers(layout);
  const done = await row(id, name, "exit status 0", async () => {
    const finished = await step(name, work);
    return { ok: finished.status === 0, observed: finished.status === 0 ? "exit status 0" : said(finished) };
  });
  const counts = await probers.stop();
  const cuts = await closeAll(connections);
  const rows = Object.entries(counts)
    .filter(([place]) => answering.includes(place as Probed))
    .map(([place, { sent, failed, failures }]: [string, Count]) =>
      row(`${id}-${place}`, `${name}: ${place} answers throughout`, "0 failed of at least 100", () =>
        Promise.resolve({
          ok: failed === 0 && sent >= 100,
          observed: `${failed} failed of ${sent}${failures.length > 0 ? `: ${failures.slice(0, 3).join("; ")}` : ""}`,
        }),
      ),
    );
  const openRows = cuts.map(([place, { cut, answered, unanswered }]) =>
    row(`${id}-${place}-open`, `${name}: a connection to ${place} that is open`, "cut once at most", () =>
      Promise.resolve({
        ok: cut <= 1 && unanswered === 0 && answered > 0,
        observed: `cut ${cut} times, ${unanswered} of ${answered + unanswered} requests on it without an end`,
      }),
    ),
  );
  return [done, ...(await Promise.all([...rows, ...openRows]))];
}

/**
 * Runs `work` while kubelet does not restart the API server, which it does every 80 s where nobody serves its probe of 127.0.0.1:443: what
 * is watched is the program, however long it takes.
 */
async function withoutRestarts<T>(work: () => Promise<T>): Promise<T> {
  await signalKubelet("STOP");
  try {
    return await work();
  } finally {
    await signalKubelet("CONT");
  }
}

/** Which of the probed places answer in the layout as it was made. */
function answeringIn({ answers }: Variant, { elasticIp }: Layout, state: LabState): Probed[] {
  const by = answers(state);
  const application = elasticIp ? by["app-https"] : by["app-on-node"];
  return [
    ...((by["api-public"] ?? "api") === "api" ? (["api-public"] as const) : []),
    ...(by["api-loopback"] === "api" ? (["api-loopback"] as const) : []),
    ...((application ?? "application") === "application" ? (["application"] as const) : []),
  ];
}

/** @param but lines of what may differ */
const unchanged = (id: string, name: string, before: Snapshot, layout: Layout, but: RegExp[] = []): Promise<Row> =>
  row(id, name, "no difference", async () => {
    const found = difference(before, await layoutSnapshot(layout));
    const changes = found.filter((line) => !but.some((each) => each.test(line)));
    return { ok: changes.length === 0, observed: changes.length === 0 ? "no difference" : changes.join("\n") };
  });

const refusal = (id: string, name: string, code: string, finished: Promise<Finished>): Promise<Row> =>
  row(id, name, `refused with ${code}`, async () => {
    const { status, stdout, stderr } = await finished;
    const faults = `${stdout}${stderr}`.split("Warnings:")[0] ?? "";
    const codes = [...faults.matchAll(/^\s*([A-Z_]{6,}): expected/gm)].map(([, each]) => each);
    const ok = status !== 0 && codes.length > 0 && codes.every((each) => each === code);
    return { ok, observed: ok ? `refused with ${code}` : said({ status, stdout, stderr }) };
  });

export async function movingInRows({
  kept,
  layout,
  variant,
}: {
  kept: KeptLab;
  layout: Layout;
  variant: Variant;
}): Promise<Row[]> {
  const rows: Row[] = [];
  const atFirst = await layoutSnapshot(layout);
  const answering = answeringIn(variant, layout, kept.state);
  const callsBefore = (await awsCalls()).length;

  const { refused } = variant;
  rows.push(
    await refusal(
      "refused-without-consent",
      "up without consent",
      refused ?? "HAND_MADE_LAYOUT",
      step("pulumi up without consent", () => kept.up("prod")),
    ),
    await unchanged("refused-untouched", "the layout after the refusal", atFirst, layout),
  );
  await consent(kept, layout);
  if (refused !== undefined) {
    rows.push(
      await refusal(
        "refused",
        "up with consent",
        refused,
        step("pulumi up", () => kept.up("prod")),
      ),
      await unchanged("refused-again-untouched", "the layout after it", atFirst, layout),
    );
    return rows;
  }

  if (!variant.secondaryFirst) await renewApiServer();
  const measured = variant.secondaryFirst ? (work: () => Promise<Row[]>) => work() : withoutRestarts;
  rows.push(...(await measured(() => probed("move-in", "pulumi up", layout, answering, () => kept.up("prod")))));
  // One that could not have its port waits for kubelet's next attempt, and kube-proxy for it.
  if (variant.givenBackAs) await waitForCluster(kept.state);
  const moved = await stackOutputs("prod");
  rows.push(
    await row("same-addresses", "addresses after it", "as before", () => {
      const found = {
        secondaryPrivateIp: moved.secondaryPrivateIp,
        ...(layout.elasticIp ? { allocationId: moved.allocationId, publicIp: moved.ingressPublicIp } : {}),
      };
      const expected = {
        secondaryPrivateIp: layout.secondaryPrivateIp,
        ...(layout.elasticIp
          ? { allocationId: layout.elasticIp.allocationId, publicIp: layout.elasticIp.publicIp }
          : {}),
      };
      return Promise.resolve({
        ok: JSON.stringify(found) === JSON.stringify(expected),
        observed: JSON.stringify(found),
      });
    }),
    await row("old-way-ended", "units of the old way", "disabled inactive", async () => {
      const units = layout.units.filter((unit) => !variant.units.includes(unit));
      const script = units.map((unit) => `echo $(systemctl is-enabled ${unit}) $(systemctl is-active ${unit})`);
      const states = (await run(script.join("\n"))).split("\n");
      return {
        ok: states.every((state) => /^disabled (inactive|failed)$/.test(state)),
        observed: states.join(", "),
      };
    }),
    await row("serves", "the rows of prod", "all hold", async () => {
      const failing = await kept.failingRows();
      return { ok: failing.length === 0, observed: failing.length === 0 ? "all hold" : failing.join(", ") };
    }),
    await row("again", "second up", "no change", async () => {
      const finished = await step("pulumi up again", () =>
        kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "prod"),
      );
      return { ok: finished.status === 0, observed: finished.status === 0 ? "no change" : said(finished) };
    }),
  );

  // A reboot leaves the layout as it is where the API server is back on its port already.
  const rebooted = variant.rebootsTo !== undefined && variant === variants[variant.rebootsTo];
  if (rebooted) rows.push(...(await rebootedRows(kept.state)));

  const { givenBackAs } = variant;
  const back: Probed[] = answering.filter(
    (place) => place === "api-public" || (place === "application" && !givenBackAs),
  );
  rows.push(
    ...(await measured(() =>
      probed("give-back", "pulumi destroy", layout, back, () =>
        kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod"),
      ),
    )),
    // The kernel appends an address to those that an interface has; a reboot brings the order back, by netplan.
    ...(givenBackAs
      ? await asBuiltRows(kept, layout, { ...variants[givenBackAs], secondaryFirst: false })
      : [
          await unchanged("given-back", "the layout after destroy", atFirst, layout, [
            ...(variant.secondaryFirst ? [/^[+-] address-order /] : []),
            // A unit that had failed has not been started since the reboot.
            ...(rebooted ? [/^[+-] unit \S+ enabled (failed|inactive) /] : []),
          ]),
        ]),
    await row("nothing-taken-away", "calls that take an address away", "none", async () => {
      const calls: CallRecord[] = (await awsCalls()).slice(callsBefore);
      const found = calls.filter(({ action }) => takesAway.includes(action)).map(({ action }) => action);
      const expected = layout.elasticIp ? [] : ["DisassociateAddress", "ReleaseAddress"];
      return {
        ok: found.every((action) => expected.includes(action)),
        observed: found.length === 0 ? "none" : found.join(", "),
      };
    }),
  );
  return rows;
}
