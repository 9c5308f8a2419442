import assert from "node:assert/strict";
import { selfAssignFunctions } from "../../../operator/kops/selfAssign";
import { type Answer, type Answers, refusal, response, runStubbed, type Ran } from "./ec2Stub";

const settings = {
  clusterName: "k8s.example.com",
  secondaryPrivateIp: "172.20.45.76",
  allocationId: "eipalloc-0123456789abcdef0",
};
const node = { primary: "172.20.45.37", eni: "eni-1", instance: "i-1", subnet: "subnet-1" };

/** What `assign` does on that node. */
function assign(answers: Answers, change: { primary?: string; curlVersion?: string } = {}): Ran & { why: string } {
  const { curlVersion, ...others } = change;
  const variables = Object.entries({ ...node, region: "eu-central-1", domain: "amazonaws.com", ...others })
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
  const script = `set -u\naccess_key=a secret_key=s session_token=t why= ${variables}\n${selfAssignFunctions(settings)}\nassign; s=$?; echo "why: $why" >&2; exit $s`;
  const ran = runStubbed(script, { answers, ...(curlVersion ? { curlVersion } : {}) });
  return { ...ran, why: /^why: (.*)$/m.exec(ran.stderr)?.[1] ?? "" };
}

const address = (place: { eni?: string; ip?: string; instance?: string } = {}): Answer =>
  response(
    "DescribeAddresses",
    `<addressesSet><item><publicIp>192.0.2.1</publicIp>${place.eni ? `<networkInterfaceId>${place.eni}</networkInterfaceId>` : ""}` +
      `${place.ip ? `<privateIpAddress>${place.ip}</privateIpAddress>` : ""}${place.instance ? `<instanceId>${place.instance}</instanceId>` : ""}</item></addressesSet>`,
  );
const interfaces = (eni?: string, instance?: string): Answer =>
  response(
    "DescribeNetworkInterfaces",
    eni
      ? `<networkInterfaceSet><item><networkInterfaceId>${eni}</networkInterfaceId>${instance ? `<attachment><instanceId>${instance}</instanceId></attachment>` : ""}</item></networkInterfaceSet>`
      : "<networkInterfaceSet/>",
  );
const instances = (...ids: string[]): Answer =>
  response(
    "DescribeInstances",
    `<reservationSet>${ids.map((id) => `<item><instancesSet><item><instanceId>${id}</instanceId></item></instancesSet></item>`).join("")}</reservationSet>`,
  );
const done = {
  AssignPrivateIpAddresses: [response("AssignPrivateIpAddresses")],
  AssociateAddress: [response("AssociateAddress")],
};
const free: Answers = { DescribeAddresses: [address()], DescribeNetworkInterfaces: [interfaces()], ...done };
const actions = ({ calls }: Ran): string[] => calls.map((call) => call.get("Action") ?? "");
const call = ({ calls }: Ran, action: string): URLSearchParams | undefined =>
  calls.find((each) => each.get("Action") === action);
/** Nothing in AWS is changed by a run that only looked. */
const onlyLooked = (ran: Ran): void => {
  assert.deepEqual(
    actions(ran).filter((action) => !action.startsWith("Describe")),
    [],
  );
};

describe("a node's own assignment of its addresses", () => {
  it("takes what is free, and says so", () => {
    const ran = assign(free);
    assert.equal(ran.status, 0, ran.why);
    assert.equal(call(ran, "AssignPrivateIpAddresses")?.get("AllowReassignment"), "false");
    assert.equal(call(ran, "AssociateAddress")?.get("AllowReassociation"), "false");
    assert.match(ran.stdout, /the Elastic IP 192\.0\.2\.1 leads to 172\.20\.45\.76 on eni-1 of i-1 now/);
  });

  it("changes nothing where all is in place", () => {
    const ran = assign({ DescribeAddresses: [address({ eni: "eni-1", ip: "172.20.45.76", instance: "i-1" })] });
    assert.deepEqual([ran.status, actions(ran)], [0, ["DescribeAddresses"]]);
  });

  it("leaves the Elastic IP where the stack has put it since", () => {
    const ran = assign({
      ...free,
      DescribeAddresses: [address({ eni: "eni-1", ip: "172.20.45.99", instance: "i-1" })],
    });
    assert.equal(ran.status, 3);
    assert.match(ran.why, /found it on 172\.20\.45\.99 of this node.*kops --patch/);
    onlyLooked(ran);
  });

  it("knows a stack that is gone", () => {
    assert.equal(assign({ DescribeAddresses: [refusal("InvalidAllocationID.NotFound")] }).status, 2);
  });

  describe("takes nothing for an answer but EC2's own", () => {
    const held = { ...free, DescribeAddresses: [address({ eni: "eni-2", ip: "172.20.45.76", instance: "i-2" })] };
    const strange: Record<string, [Answer, RegExp]> = {
      "a front end's error page": [
        { text: "<html><body><h1>503 Service Unavailable</h1></body></html>", status: 503 },
        /answer DescribeInstances.*found no answer of its own \(HTTP status 503\)/,
      ],
      "a proxy's page with status 200": [{ text: "<html>Please log in</html>" }, /\(HTTP status 200\)/],
      "an answer that was cut short": [
        { text: '<DescribeInstancesResponse xmlns="x"><reservationSet>' },
        /found no answer of its own/,
      ],
      "another action's answer": [interfaces(), /found no answer of its own/],
      "an empty one": [{ text: "" }, /found no answer of its own/],
      "none at all": ["no answer", /\(HTTP status 000\)/],
      "a refusal": [refusal("RequestLimitExceeded", 503), /found RequestLimitExceeded: why/],
      "a missing permission": [refusal("UnauthorizedOperation", 403), /allowed ec2:DescribeInstances/],
    };
    for (const [what, [answer, says]] of Object.entries(strange))
      it(`${what}: leaves the Elastic IP with its healthy holder`, () => {
        const ran = assign({ ...held, DescribeInstances: [answer] });
        assert.equal(ran.status, 1);
        assert.match(ran.why, says);
        onlyLooked(ran);
      });
  });

  it("leaves the Elastic IP with a running control-plane node, and takes it from anybody else", () => {
    const held = { ...free, DescribeAddresses: [address({ eni: "eni-2", ip: "172.20.45.76", instance: "i-2" })] };
    const healthy = assign({ ...held, DescribeInstances: [instances("i-2")] });
    assert.equal(healthy.status, 1);
    assert.match(healthy.why, /found it on i-2, a running control-plane node/);
    onlyLooked(healthy);
    const gone = assign({ ...held, DescribeInstances: [instances()] });
    assert.equal(gone.status, 0, gone.why);
    assert.equal(call(gone, "AssociateAddress")?.get("AllowReassociation"), "true");
  });

  it("does not take the API's own address for the applications'", () => {
    const ran = assign(free, { primary: settings.secondaryPrivateIp });
    assert.equal(ran.status, 3);
    assert.match(ran.why, /found it as this node's own primary address: nothing is installed; run pulumi up/);
    assert.deepEqual(ran.calls, []);
  });

  describe("takes the private address over", () => {
    /** On eni-2; the second look asks for an interface of the cluster. */
    const on = (ofCluster: Answer, running: Answer): Ran & { why: string } =>
      assign({ ...free, DescribeNetworkInterfaces: [interfaces("eni-2"), ofCluster], DescribeInstances: [running] });

    it("from an instance of the cluster that does not run", () => {
      const ran = on(interfaces("eni-2", "i-2"), instances());
      assert.equal(ran.status, 0, ran.why);
      assert.equal(call(ran, "AssignPrivateIpAddresses")?.get("AllowReassignment"), "true");
      const [, look] = ran.calls.filter((each) => each.get("Action") === "DescribeNetworkInterfaces");
      assert.deepEqual(
        [look?.get("NetworkInterfaceId.1"), look?.get("Filter.1.Name"), look?.get("Filter.1.Value.1")],
        ["eni-2", "tag:KubernetesCluster", "k8s.example.com"],
      );
    });

    const strangers: Record<string, [Answer, Answer]> = {
      "an instance of the cluster that runs, a worker say": [interfaces("eni-2", "i-2"), instances("i-2")],
      "an interface of another cluster or of none": [interfaces(), instances()],
      "an interface without an instance": [interfaces("eni-2"), instances()],
    };
    for (const [what, answers] of Object.entries(strangers))
      it(`never from ${what}, and installs nothing then`, () => {
        const ran = on(...answers);
        assert.equal(ran.status, 3);
        assert.match(ran.why, /the private address 172\.20\.45\.76 .*found it in use on eni-2: nothing is installed/);
        onlyLooked(ran);
      });
  });

  for (const [curlVersion, signs] of Object.entries({
    "7.74.0": false,
    "7.81.0": false,
    "7.85.0": false,
    "7.86.0": true,
    "7.88.1": true,
    "8.5.0": true,
    "8.14.1": true,
  }))
    it(`${signs ? "calls" : "does not call"} EC2 with curl ${curlVersion}`, () => {
      const ran = assign(free, { curlVersion });
      assert.equal(ran.status, signs ? 0 : 1, ran.why);
      assert.equal(ran.calls.length > 0, signs);
      if (!signs)
        assert.ok(ran.why.includes(`expected curl 7.86.0 or newer, which signs the whole call, found ${curlVersion}`));
    });
});
