/** The program: a stack's settings become one component, and the component's outputs the stack's. Importing it does nothing. */
import * as pulumi from "@pulumi/pulumi";
import { outputsOf, SecondaryIngressIp } from "./components";
import { ConfigError, readConfig, type Settings } from "./settings/read";
import { outputsSchema } from "./outputs/stackOutputs";

function settings(): Settings {
  try {
    return readConfig(pulumi.getProject(), pulumi.runtime.allConfig(), pulumi.getStack());
  } catch (error) {
    // A RunError is shown as its message alone, without a stack trace.
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

type Outputs = ReturnType<typeof outputsOf>;

/** Each output by its schema, one by one: a secret stays the only secret among them. */
function checked(outputs: Outputs): Outputs {
  const check = ([key, output]: [string, pulumi.Output<unknown>]) => [
    key,
    output.apply((value) => outputsSchema.shape[key as keyof Outputs].parse(value)),
  ];
  return Object.fromEntries(Object.entries(outputs).map(check)) as Outputs;
}

/** Makes the stack's resources and returns its outputs. */
export function program(): Outputs {
  return checked(outputsOf(new SecondaryIngressIp("ingress", settings())));
}
