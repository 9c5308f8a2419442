/** The account quotas that EC2 reports. */
import { z } from "zod";
import { invalidValue } from "../errors";
import { list } from "../parameters";
import { ec2Read } from "./ec2Action";
import { maximumAddresses } from "./addresses";
import { maximumGroups } from "./networkInterfaces";

const attributes: Readonly<Record<string, string>> = {
  "max-elastic-ips": `${maximumAddresses}`,
  "vpc-max-elastic-ips": `${maximumAddresses}`,
  "vpc-max-security-groups-per-interface": `${maximumGroups}`,
  "supported-platforms": "VPC",
};

export const describeAccountAttributes = ec2Read({ AttributeName: list(z.string()) }, (_account, request) => {
  const unknown = request.AttributeName.find((name) => !(name in attributes));
  if (unknown !== undefined) throw invalidValue(`Invalid attribute name '${unknown}'`);
  const named = request.AttributeName.length === 0 ? Object.keys(attributes) : request.AttributeName;
  return {
    accountAttributeSet: named.map((attributeName) => ({
      attributeName,
      attributeValueSet: [{ attributeValue: attributes[attributeName] }],
    })),
  };
});
