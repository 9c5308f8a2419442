/** The program: a stack's settings become one component, and the component's outputs the stack's. Importing it does nothing. */
import * as pulumi from "@pulumi/pulumi";
import { outputsOf, SecondaryIngressIp } from "./components";
import { ConfigError, readConfig, type Settings } from "./config";

function settings(): Settings {
  try {
    return readConfig(pulumi.getProject(), pulumi.runtime.allConfig(), pulumi.getStack());
  } catch (error) {
    // A RunError is shown as its message alone, without a stack trace.
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

/** Makes the stack's resources and returns its outputs. */
export function program() {
  return outputsOf(new SecondaryIngressIp("ingress", settings()));
}
