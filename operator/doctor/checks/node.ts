/** The node itself: our files, the address, and what looks after them. */
import { addressFile } from "../../../hostfiles/files/address";
import { confirmWithin } from "../../../hostfiles/node/journal";
import { directories, hostFileProgram, ownerFile } from "../../../hostfiles/node/paths";
import { trackMost, usuallyTracked } from "../../../hostfiles/node/preflight";
import { quote } from "../../../hostfiles/node/shell";
import type { Check } from "../check";
import { type NodeFacts, units } from "../collect/node";
import { full, list, ofNode, onNode, reinstall, runs, set } from "./define";

/** Seconds: three checks missed. */
const oldestCheck = 180;
/** Within an hour, as operator/monitoring/alerts.yml has it: more, and somebody works against the check. */
const manyRepairs = 3;
/** MiB: below, the next write may fail. */
const littleRoom = 50;
const inUse = ({ entries, most }: Exclude<NodeFacts["tracked"], undefined>): string => `${entries} of ${most} entries`;

export const nodeChecks: readonly Check[] = [
  ofNode(
    { code: "NODE_NOT_OURS", area: "node", severity: "error", title: "the node belongs to the stack" },
    ({ owner, installed }, facts) => {
      if (owner !== "" && owner === (facts.owner || owner)) return undefined;
      return {
        observed: owner
          ? `it belongs to ${owner}`
          : installed
            ? "nobody's name is on it"
            : "nothing of ours is installed",
        expected: `${facts.owner || "the stack"} in ${ownerFile}`,
        fix: owner
          ? `destroy that stack first, or, if it is this one under its former name, run: ${set(facts, "formerStack", owner)}`
          : installed
            ? onNode(`echo ${quote(facts.owner)} >${ownerFile}`)
            : reinstall(facts),
      };
    },
  ),
  ofNode(
    {
      code: "HOST_FILES_MISSING",
      area: "node",
      severity: "error",
      title: "every installed file is there",
      after: ["NODE_NOT_OURS"],
    },
    ({ missing }) =>
      missing.length === 0
        ? undefined
        : {
            observed: `missing: ${list(missing)}`,
            expected: "the files that were installed",
            fix: onNode(`${hostFileProgram} restore`),
          },
  ),
  ofNode(
    {
      code: "HOST_FILES_EDITED",
      area: "node",
      severity: "warning",
      title: "every installed file is as it was installed",
      after: ["NODE_NOT_OURS", "HAPROXY_CONFIG_INVALID"],
    },
    ({ edited }, facts) =>
      edited.length === 0
        ? undefined
        : {
            observed: `edited: ${list(edited)}`,
            expected: "what the stack installed; the next up with a change would overwrite it",
            fix: reinstall(facts),
          },
  ),
  ofNode(
    {
      code: "CHANGE_UNCONFIRMED",
      area: "node",
      severity: "warning",
      title: "every change of the way to the API is confirmed",
      after: ["NODE_NOT_OURS"],
    },
    ({ unconfirmed, undone }, { stack }) =>
      unconfirmed.length + undone.length === 0
        ? undefined
        : {
            observed:
              undone.length > 0
                ? `undone, because the API did not answer the operator: ${list(undone)}`
                : `waiting for its confirmation: ${list(unconfirmed)}`,
            expected: `nothing to confirm; after ${confirmWithin} s the node undoes a change`,
            fix: `find out why the API did not answer after the change, correct the settings, and run 'pulumi up --stack ${stack || "<stack>"}'`,
          },
  ),
  ofNode(
    {
      code: "ADDRESS_MISSING",
      area: "node",
      severity: "error",
      title: "the secondary address is on lo",
      after: ["NODE_NOT_OURS"],
    },
    ({ onLoopback }, { outputs }) =>
      onLoopback
        ? undefined
        : {
            observed: `${outputs.secondaryPrivateIp} is not on lo`,
            expected: `${outputs.secondaryPrivateIp}/32 on lo (${Object.values(addressFile).join(" or ")})`,
            fix: onNode(`ip addr replace ${outputs.secondaryPrivateIp}/32 dev lo`),
          },
  ),
  ofNode(
    {
      code: "ADDRESS_ON_INTERFACE",
      area: "node",
      severity: "error",
      title: "the secondary address is on lo alone",
    },
    ({ elsewhere }, { outputs }) =>
      elsewhere === ""
        ? undefined
        : {
            observed: `${outputs.secondaryPrivateIp} is on ${elsewhere} too`,
            expected: "on lo alone: on the interface a restarted API server may advertise it as its own",
            fix: onNode(
              `ip addr del "$(ip -4 -o addr show dev ${elsewhere} | grep -o '${outputs.secondaryPrivateIp}/[0-9]*')" dev ${elsewhere}`,
            ),
          },
  ),
  ofNode(
    {
      code: "CHECK_STOPPED",
      area: "node",
      severity: "error",
      title: "the check timer runs",
      after: ["NODE_NOT_OURS"],
    },
    ({ timer }) => runs(timer, units.timer, "nothing looks every minute, and repairs"),
  ),
  ofNode(
    {
      code: "CHECK_STALE",
      area: "node",
      severity: "error",
      title: "the check has run in the last minutes",
      after: ["CHECK_STOPPED"],
    },
    ({ checkAge }) =>
      checkAge >= 0 && checkAge <= oldestCheck
        ? undefined
        : {
            observed: checkAge < 0 ? "it has not run since boot" : `it ran ${checkAge} s ago`,
            expected: `at most ${oldestCheck} s ago`,
            fix: onNode(
              "systemctl revert secondary-ingress-check.service; systemctl start secondary-ingress-check.service",
            ),
          },
  ),
  ofNode(
    {
      code: "REPAIR_FAILED",
      area: "node",
      severity: "error",
      title: "the check could repair what drifted",
      after: [
        "HOST_FILES_MISSING",
        "ADDRESS_MISSING",
        "NAT_RULES_MISSING",
        "HAPROXY_STOPPED",
        "HAPROXY_CONFIG_INVALID",
        "GUARD_STOPPED",
        "MANIFEST_UNWATCHED",
        "FORWARDER_WRONG",
        "FORWARDER_RULES_MISSING",
        "API_FILTER_MISSING",
      ],
    },
    ({ failedRepairs }) =>
      failedRepairs.length === 0
        ? undefined
        : {
            observed: `could not repair ${list(failedRepairs)}`,
            expected: "nothing left to repair",
            fix: onNode("rm -rf /run/secondary-ingress/pauses && systemctl start secondary-ingress-check.service"),
          },
  ),
  ofNode(
    {
      code: "REPAIRS_REPEAT",
      area: "node",
      severity: "warning",
      title: "nobody works against the check",
      after: ["NODE_NOT_OURS"],
    },
    ({ repairsLastHour }) =>
      repairsLastHour <= manyRepairs
        ? undefined
        : {
            observed: `${repairsLastHour} repairs in the last hour`,
            expected: `at most ${manyRepairs}`,
            fix: "look on the node with 'journalctl -u secondary-ingress-check -u secondary-ingress-guard --since -1h' what is repaired again and again, and find who takes it away",
          },
  ),
  ofNode(
    {
      code: "DISK_FULL",
      area: "node",
      severity: "warning",
      title: "the node has room for its files",
      after: ["NODE_NOT_OURS"],
    },
    ({ diskFreeMiB }) =>
      diskFreeMiB >= littleRoom
        ? undefined
        : {
            observed: `${diskFreeMiB} MiB free in ${directories.etc}`,
            expected: `at least ${littleRoom} MiB`,
            fix: "make room on the node, with 'journalctl --vacuum-size=100M' and 'crictl rmi --prune' for a start",
          },
  ),
  {
    ...ofNode(
      {
        code: "CONNTRACK_FULL",
        area: "node",
        severity: "warning",
        title: "the kernel can track more connections",
      },
      ({ tracked }) => {
        if (tracked === undefined) return { because: "the kernel tracks no connections" };
        return tracked.entries < full * tracked.most
          ? undefined
          : {
              observed: inUse(tracked),
              expected: "a tenth free: at the limit new connections are dropped, those to the API and SSH too",
              fix: onNode(trackMost(Math.max(usuallyTracked, 2 * tracked.most))),
            };
      },
    ),
    shows: ({ node }) => ("tracked" in node && node.tracked ? inUse(node.tracked) : ""),
  },
];
