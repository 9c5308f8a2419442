import assert from "node:assert/strict";
import { isTaken } from "../../../components/aws/secondaryAddress";

describe("a refusal of EC2", () => {
  const refusal = (name: string, message: string): Error => Object.assign(new Error(message), { name });

  it("that says that another interface has the address, in both of its forms", () => {
    assert.ok(isTaken(refusal("InvalidParameterValue", "[172.20.45.99] assigned, but move is not allowed.")));
    assert.ok(isTaken(refusal("PrivateIpAddressAlreadyAssigned", "The address 172.20.45.99 is already assigned.")));
  });

  it("that says something else", () => {
    assert.ok(!isTaken(refusal("InvalidParameterValue", "Address does not fall within the subnet's address range")));
    assert.ok(!isTaken(refusal("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")));
  });
});
