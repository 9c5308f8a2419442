/** The policy pack: `pulumi preview --policy-pack policy/`. */
import { dirname } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

// The SDK takes the pack's version from the package of the working directory, which is this directory.
process.chdir(dirname(require.resolve("kops-secondary-ingress/package.json")));
new PolicyPack("kops-secondary-ingress", { policies });
