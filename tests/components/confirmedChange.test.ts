/** A change of the way to the API: seen from here before and after, confirmed on the node by SSH. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { seeApi } from "../../components/reach/apiSight";
import {
  confirmChange,
  confirmedChangeProvider,
  noteSight,
  seeBefore,
  seenApiProvider,
  type WayInputs,
} from "../../components/confirmedChange";
import { certificateFor } from "../support/certificate";
import { freePort, loginKey, type SshServer, startLibraryServer } from "../support/sshServer";

const clusterName = "k8s.example.com";
const patience = { before: 200, unjudged: 200, undone: 200, after: 300 };

describe("a change of the way to the API", function () {
  let ssh: SshServer;
  let directory: string;
  let api: Server | undefined;
  let port: number;
  let certificates: Record<"first" | "renewed" | "other", { key: string; cert: string }>;
  before(async () => {
    ssh = await startLibraryServer();
    const name = `api.internal.${clusterName}`;
    const [first, renewed, other] = await Promise.all([name, name, "app.example.com"].map(certificateFor));
    assert.ok(first && renewed && other);
    certificates = { first, renewed, other };
  });
  after(() => ssh.stop());
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "confirmed-"));
    port = await freePort();
  });
  afterEach(async () => {
    await stopApi();
    rmSync(directory, { recursive: true });
  });

  const serve = async (which: keyof typeof certificates): Promise<void> => {
    api = createServer(certificates[which], (socket) => socket.on("error", () => undefined)).listen(port, "127.0.0.1");
    await once(api, "listening");
  };
  const stopApi = async (): Promise<void> => {
    if (!api?.listening) return;
    api.close();
    await once(api, "close");
  };
  /** The node prints these, one at each call, the last one again and again. */
  const answers = (...all: string[]): string => {
    writeFileSync(join(directory, "answers"), all.map((each) => `${each}\n`).join(""));
    return `cd ${directory}; echo called >>calls; head -n 1 answers; [ "$(wc -l <answers)" = 1 ] || sed -i 1d answers`;
  };
  const calls = (): number => {
    try {
      return readFileSync(join(directory, "calls"), "utf8").split("called").length - 1;
    } catch {
      return 0;
    }
  };
  const inputs = (command: string, change: Partial<WayInputs> = {}): WayInputs => ({
    ...{ change: "1", instanceId: "i-1", command, address: "127.0.0.1", apiPublicIp: "127.0.0.1", clusterName },
    ssh: { user: ssh.user, port: ssh.port, hostKey: ssh.hostKey("ed25519") },
    sshPrivateKey: loginKey.private,
    ...change,
  });
  const seen = async (): Promise<string> => {
    const { certificate } = await seeApi(inputs(""), { patience: 1000, port });
    assert.match(certificate, /CN=api\.internal\.k8s\.example\.com of CN=.*, for api\.internal\.k8s\.example\.com$/);
    return certificate;
  };
  const confirm = (given: WayInputs, ...before: string[]): Promise<string> =>
    confirmChange(given, before, { ...patience, port });

  it("is confirmed once the API is seen with the certificate of before, renewed or not", async () => {
    await serve("first");
    const certificate = await seen();
    assert.equal(await confirm(inputs(answers("confirmed")), certificate), "");
    await stopApi();
    await serve("renewed");
    assert.equal(await confirm(inputs(answers("confirmed")), certificate), "");
    assert.equal(calls(), 2);
  });

  it("is not confirmed while the API is not seen, or another server", async () => {
    await serve("first");
    const certificate = await seen();
    await stopApi();
    const given = inputs(answers("confirmed"));
    await assert.rejects(
      confirm(given, certificate),
      /expected the Kubernetes API at 127\.0\.0\.1:443 from this machine as before .*, found .*ECONNREFUSED.*: the change is not confirmed, and within 30 s the node undoes it/,
    );
    await serve("other");
    await assert.rejects(confirm(given, certificate), /found CN=app\.example\.com of/);
    assert.equal(calls(), 0);
  });

  it("waits for an API server that restarts", async () => {
    await serve("first");
    const certificate = await seen();
    await stopApi();
    const confirmed = confirmChange(inputs(answers("confirmed")), [certificate], { ...patience, after: 20_000, port });
    await sleep(800);
    await serve("first");
    assert.equal(await confirmed, "");
  });

  it("is looked at again where the node had to do it again, a few times", async () => {
    await serve("first");
    const certificate = await seen();
    assert.equal(await confirm(inputs(answers("again", "confirmed")), certificate), "");
    assert.equal(calls(), 2);
    await assert.rejects(confirm(inputs(answers("again")), certificate), /found it undone three times/);
  });

  it("is confirmed without a judgement where the API did not answer before, which is said unless it answers now", async () => {
    assert.match(await confirm(inputs(answers("confirmed"))), /ECONNREFUSED/);
    assert.equal(await confirm(inputs(answers("confirmed"), { apiPublicIp: "" })), "the node has no public address");
    await serve("first");
    assert.equal(await confirm(inputs(answers("confirmed"))), "");
    assert.equal(calls(), 3);
  });

  it("takes a lost connection up again, and names what the node says in the end, without the key", async () => {
    await serve("first");
    const certificate = await seen();
    const lost = `cd ${directory}; [ -e lost ] && echo confirmed || { : >lost; kill -9 $$; }`;
    assert.equal(await confirm(inputs(lost), certificate), "");
    const error: unknown = await confirm(inputs("echo 'host-file: no'>&2; exit 1"), certificate).catch(
      (reason: unknown) => reason,
    );
    assert.match(String(error), /expected a login at 127\.0\.0\.1 that can confirm the change, .*found: host-file: no/);
    assert.ok(!String(error).includes(loginKey.private.split("\n")[1] ?? ""));
  });

  it("is seen anew whenever the steps, the node or the way to it differ, and at nothing else", async () => {
    const olds = {
      ...inputs("x"),
      certificate: "seen",
      problem: "",
      certificateAtFirst: "seen",
      unjudged: "",
      time: 1,
    };
    for (const provider of [seenApiProvider, confirmedChangeProvider]) {
      const changes = async (change: object): Promise<boolean | undefined> =>
        (await provider.diff?.("id", olds, { ...olds, ...change }))?.changes;
      assert.equal(await changes({}), false);
      assert.equal(await changes({ certificate: "another" }), false);
      for (const change of [
        ...[{ change: "2" }, { instanceId: "i-2" }, { apiPublicIp: "192.0.2.1" }, { address: "192.0.2.1" }],
        ...[{ ssh: { ...olds.ssh, user: "admin" } }, { sshPrivateKey: undefined }],
      ])
        assert.equal(await changes(change), true, JSON.stringify(change));
    }
    // A run in which the API was seen before a change may have been cut short before it was seen after it.
    assert.equal((await confirmedChangeProvider.diff?.("id", olds, { ...olds, time: 2 }))?.changes, true);
  });

  it("is judged at the removal by what answered before the installation", async () => {
    const state = {
      ...inputs(answers("confirmed")),
      certificate: "seen since",
      problem: "",
      certificateAtFirst: "",
      time: 1,
    };
    await seenApiProvider.delete?.("id", { ...state, apiPublicIp: "" });
    assert.equal(calls(), 1);
  });

  it("is confirmed by the certificate of before the installation too, once everything is removed", async () => {
    await serve("other");
    const { certificate: other } = await seeApi(inputs(""), { patience: 0, port });
    await stopApi();
    await serve("first");
    const certificate = await seen();
    assert.equal(await confirm(inputs(answers("confirmed")), other, certificate), "");
    await stopApi();
    await serve("other");
    assert.equal(await confirm(inputs(answers("confirmed")), other, certificate), "");
  });

  it("is compared with the certificate of the API, not with that of a server which answers in between", async () => {
    await serve("first");
    const certificate = await seen();
    await stopApi();
    await serve("other");
    const long = { ...patience, before: 20_000, undone: 20_000, port };
    const olds = { ...inputs(""), certificate, problem: "", certificateAtFirst: certificate, time: 1 };
    const sights = [undefined, olds].map((each) => seeBefore(inputs(""), each, long));
    await sleep(800);
    await stopApi();
    await serve("first");
    for (const sight of await Promise.all(sights)) assert.equal(sight.certificate, certificate);
  });

  it("takes another certificate for the API's where that is all that answers", async () => {
    await serve("other");
    const { certificate } = await seeBefore(inputs(""), undefined, { ...patience, port });
    assert.match(certificate, /^CN=app\.example\.com of /);
  });

  describe("right before a removal", () => {
    const path = process.env["PATH"];
    beforeEach(() => {
      const sudo = `#!/bin/sh
cd ${directory}
case $* in *touch*) : >unseen ;; *rm*) rm -f unseen ;; *echo*) [ ! -e unseen ] || echo unseen ;; esac
`;
      writeFileSync(join(directory, "sudo"), sudo, { mode: 0o755 });
      process.env["PATH"] = `${directory}:${path}`;
    });
    afterEach(() => {
      process.env["PATH"] = path;
    });

    it("the API has to answer, or need not answer after it", async () => {
      await serve("first");
      const certificate = await seen();
      const at = { problem: "", certificateAtFirst: certificate, time: 1 };
      const before = { ...inputs(answers("confirmed")), certificate, time: 1, unjudged: "" };
      await noteSight(before, { ...patience, port });
      assert.ok(!existsSync(join(directory, "unseen")));
      await stopApi();
      await noteSight(before, { ...patience, port });
      assert.ok(existsSync(join(directory, "unseen")));
      await seenApiProvider.delete?.("id", { ...before, ...at, apiPublicIp: "" });
      assert.equal(calls(), 1);
      rmSync(join(directory, "unseen"));
      await assert.rejects(
        async () => seenApiProvider.delete?.("id", { ...before, ...at, apiPublicIp: "" }),
        /expected the Kubernetes API .* as before the change/,
      );
      assert.equal(calls(), 1);
    });
  });

  it("remembers what was seen at first of each node", async () => {
    const given = inputs("x", { apiPublicIp: "" });
    const { outs } = await seenApiProvider.create(given);
    assert.deepEqual(outs, {
      ...given,
      ...{ certificate: "", problem: "the node has no public address", certificateAtFirst: "", time: outs?.time },
    });
    const olds = { ...given, certificate: "a", problem: "", certificateAtFirst: "at first", time: 1 };
    const update = async (change: Partial<WayInputs>): Promise<unknown> =>
      (await seenApiProvider.update?.("id", olds, { ...given, ...change }))?.outs?.certificateAtFirst;
    assert.equal(await update({ change: "2" }), "at first");
    assert.equal(await update({ instanceId: "i-2" }), "");
  });

  it("is compared with what is seen once the node has undone what a run before it left", async () => {
    await serve("first");
    const certificate = await seen();
    await stopApi();
    const olds = { ...inputs(""), certificate, problem: "", certificateAtFirst: certificate, time: 1 };
    const long = { ...patience, undone: 20_000, port };
    const first = await seeBefore(inputs(""), undefined, long);
    assert.match(first.problem, /ECONNREFUSED/, "nothing can be armed on a node that was never seen");
    const sight = seeBefore(inputs(""), olds, long);
    await sleep(800);
    await serve("first");
    assert.equal((await sight).certificate, certificate);
  });
});
