/** Failures that no engine on this machine shows: the official plugins' and other back ends' words. */
import assert from "node:assert/strict";
import { diagnose } from "../../automation/diagnosis";
import { type AutomationError, PreflightFailed, StackLocked } from "../../automation";

const of = (reported: string[], printed = ""): AutomationError => diagnose({ stackName: "prod", reported, printed });

describe("automation: diagnosis", () => {
  const cases: Record<string, [reported: string[], printed: string]> = {
    "stack-locked": [[], "error: [409] Conflict: Another update is currently in progress."],
    "config-invalid": [[], "error: Stack 'prod' is missing configuration value 'kops-secondary-ingress:mode'"],
    "node-unreachable": [["ingress-preflight: after 10 failed attempts: dial tcp 192.0.2.1:22: i/o timeout"], ""],
    "host-key-mismatch": [
      ["ssh: handshake failed: ssh: no common algorithm for host key; we offered: [ssh-rsa], peer offered: []"],
      "",
    ],
    "aws-denied": [
      [
        "operation error EC2: AllocateAddress, api error AccessDenied: User is not authorized to perform ec2:AllocateAddress",
      ],
      "",
    ],
    "engine-missing": [
      [],
      "error: failed to load language plugin nodejs: no language plugin 'pulumi-language-nodejs' found",
    ],
    "update-failed": [
      ["creating EC2 EIP: AddressLimitExceeded: The maximum number of addresses has been reached."],
      "",
    ],
  };
  for (const [code, [reported, printed]] of Object.entries(cases)) {
    it(`is ${code} for: ${(reported[0] ?? printed).slice(0, 60)} …`, () => {
      assert.equal(of(reported, printed).code, code);
    });
  }

  it("is config-invalid for a setting that AWS does not bear out", () => {
    const told =
      "ingress-secondary: allocationId: expected eipalloc-1 (192.0.2.1) tied to nothing, found it on 10.0.0.9";
    const { code, message } = of([told]);
    assert.deepEqual([code, message], ["config-invalid", `stack 'prod': ${told}`]);
  });

  it("is node-unreachable with the advice that fits, for what an agent or a login shell says", () => {
    for (const [told, advice] of [
      ["dial unix /tmp/a.sock: connect: no such file or directory", /unset SSH_AUTH_SOCK/],
      ['Process exited with status 1: running "bash":\nThis account is currently not available.', /usermod --shell/],
      ["ssh: handshake failed: ssh: disconnect, reason 2: Too many authentication failures", /MaxAuthTries/],
      ["SSH_AUTH_SOCK: expected an SSH agent at /a, found none; nothing was changed: start one", /start one$/],
    ] as const) {
      const { code, message } = of([`ingress-preflight: ${told}`]);
      assert.equal(code, "node-unreachable");
      assert.match(message, advice);
    }
  });

  it("names every holder once, and cannot tell whether one of another host is gone", () => {
    const line = "  file:///s/.json: created by ann@elsewhere (pid 7) at 2026-01-02T03:04:05Z";
    const error = diagnose({
      stackName: "prod",
      reported: [],
      printed: `the stack is currently locked by 1 lock(s).\n${line}\n${line}`,
    });
    assert.ok(error instanceof StackLocked);
    assert.deepEqual(error.holders, [
      { who: "ann@elsewhere", pid: 7, since: new Date("2026-01-02T03:04:05Z"), gone: undefined },
    ]);
    assert.match(error.message, /Wait for that run/);
  });

  it("gives every fault of the preflight with its code, once", () => {
    const faults =
      "The node is not ready; nothing was changed:\n" +
      "  PORT_IN_USE: expected port 80 free, found nginx on *\n    fix: stop it\n" +
      "  DISK_FULL: expected 100 MiB free on the root disk, found 3 MiB\n    fix: make room on it\n" +
      "Warnings:\n  NO_API_MANIFEST: expected a static pod, found no such file\n    fix: check the node\n";
    const error = of([`ingress-preflight: Process exited with status 1: running "bash":\n${faults}`, faults]);
    assert.ok(error instanceof PreflightFailed);
    assert.deepEqual(error.faults, [
      { code: "PORT_IN_USE", text: "expected port 80 free, found nginx on *: stop it" },
      { code: "DISK_FULL", text: "expected 100 MiB free on the root disk, found 3 MiB: make room on it" },
    ]);
    assert.equal(error.message.split("PORT_IN_USE").length, 2);
  });

  it("shows what was reported, or else the end of what was printed", () => {
    assert.match(of(["a: broke"]).message, /a: broke$/);
    assert.match(of([], `${"x\n".repeat(50)}the end\n`).message, /the end$/);
  });
});
