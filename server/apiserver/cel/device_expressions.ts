import type { Environment } from "@marcbachmann/cel-js";
import { type CelEnvironment, celEnvironment } from "./environment.ts";
import { perCallLimit } from "./cost.ts";
import { CelError } from "./error.ts";
import type { CelExpression } from "./expression.ts";
import type { Shape } from "./worst_cost.ts";

const deviceType = "kubernetes.DRADevice";

/** A device as expressions see it. What an attribute is only its driver knows. */
const fields = {
  driver: "string",
  attributes: "map<string, map<string, dyn>>",
  capacity: "map<string, map<string, kubernetes.Quantity>>",
  allowMultipleAllocations: "bool",
};

const maxEntries = 32;
const domain = { size: 63 };
const own = { keys: { size: 32 }, size: maxEntries };

/** How large a device can be. */
const shape: Shape = {
  size: 4,
  fields: {
    driver: { size: 63 },
    attributes: { size: maxEntries, keys: domain, values: { ...own, values: { size: 64 } } },
    capacity: { size: maxEntries, keys: domain, values: { ...own, values: { size: 1 } } },
    allowMultipleAllocations: { size: 1 },
  },
};

let environment: CelEnvironment | undefined;

/** What is wrong with an expression: it is none, or it costs too much. */
export type DeviceExpressionProblem = { readonly invalid: string } | { readonly forbidden: string };

/** Why the text is no expression that chooses devices; undefined when it is one. */
export function problemWithDeviceExpression(text: string): DeviceExpressionProblem | undefined {
  const registerDevice = (to: Environment) => void to.registerType(deviceType, { fields });
  environment ??= celEnvironment({ device: deviceType }, { libraries: [registerDevice], bindings: true });
  let expression: CelExpression;
  try {
    expression = environment.compile(text);
  } catch (error) {
    if (error instanceof CelError) return { invalid: `compilation failed: ${error.issue}` };
    throw error;
  }
  const { typeText } = expression;
  if (typeText !== "bool" && typeText !== "dyn") {
    // Upstream's attributes are of any type, which is not quite the same there.
    const shown = typeText.replaceAll("map(string, dyn)", "map(string, google.protobuf.Any)");
    return { invalid: `must evaluate to bool or the unknown type, not ${shown}` };
  }
  if (expression.worstCost({ device: shape }) <= perCallLimit) return undefined;
  return { forbidden: "too complex, exceeds cost limit" };
}
