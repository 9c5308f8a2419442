/** What a mode is: one function from the same inputs to the outputs in which modes differ. */
import { askable } from "../hostfiles/healthName";
import type * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./aws/connection";
import type { CompleteArgs } from "./defaults";
import type { Node } from "./node";

export interface ModeInputs {
  /** Prefix of the children's names. */
  name: string;
  args: CompleteArgs;
  /** Resolves once every check that needs no resource has passed: what waits for it is made after them. */
  node: pulumi.Output<Node>;
  /** Settings of the `aws` provider, for the calls that the component makes with the SDK. */
  connection: pulumi.Output<Connection>;
  /** Makes a resource a child of the component. */
  options: pulumi.CustomResourceOptions;
}

export interface ModeOutputs {
  /** Public address of the Kubernetes API. */
  apiPublicIp: pulumi.Output<string>;
  /** `""` if the mode has none. */
  secondaryPrivateIp: pulumi.Output<string>;
  /** Where the ingress answers: an Elastic IP, or the node's own address. */
  ingressPublicIp: pulumi.Output<string>;
  /** Addresses to publish in DNS; empty if there are none. */
  ingressPublicIps: pulumi.Output<string[]>;
  ingressPort: number;
  ingressHttpPort: number;
  ingressUrls: pulumi.Output<string[]>;
  /** Of the ingress's Elastic IP; `""` if the mode has none. */
  allocationId: pulumi.Output<string>;
  /** The group that lets the applications' clients in. */
  securityGroupId: pulumi.Output<string>;
  /** Secret; `""` if the mode has none. */
  statsPassword: pulumi.Output<string>;
  /** Resolves once everything that serves the applications is in place. */
  ready: pulumi.Output<true>;
}

export type Mode = (inputs: ModeInputs) => ModeOutputs;

/** An URL for each domain, or one for the address; of a wildcard, one below it. */
export const urlsOf = (domains: readonly string[], address: string): string[] =>
  (domains.length > 0 ? domains : [address]).map((host) => `https://${askable(host)}`);
