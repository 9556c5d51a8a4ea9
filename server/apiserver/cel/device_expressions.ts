import type { Environment } from "@marcbachmann/cel-js";
import { type CelEnvironment, celEnvironment } from "./environment.ts";
import { CelError } from "./error.ts";

const deviceType = "kubernetes.DRADevice";

/** A device as expressions see it. What an attribute is only its driver knows. */
const fields = {
  driver: "string",
  attributes: "map<string, map<string, dyn>>",
  capacity: "map<string, map<string, kubernetes.Quantity>>",
  allowMultipleAllocations: "bool",
};

let environment: CelEnvironment | undefined;

/** Why the text is no expression that chooses devices; undefined when it is one. */
export function problemWithDeviceExpression(text: string): string | undefined {
  const registerDevice = (to: Environment) => void to.registerType(deviceType, { fields });
  environment ??= celEnvironment({ device: deviceType }, { libraries: [registerDevice], bindings: true });
  try {
    const { typeText } = environment.compile(text);
    if (typeText === "bool" || typeText === "dyn") return undefined;
    // Upstream's attributes are of any type, which is not quite the same there.
    const shown = typeText.replaceAll("map(string, dyn)", "map(string, google.protobuf.Any)");
    return `must evaluate to bool or the unknown type, not ${shown}`;
  } catch (error) {
    if (error instanceof CelError) return `compilation failed: ${error.issue}`;
    throw error;
  }
}
