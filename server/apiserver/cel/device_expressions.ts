import { celEnvironment } from "./environment.ts";
import { CelError } from "./error.ts";

const device = {
  driver: "string",
  attributes: "map<string, map<string, dyn>>",
  capacity: "map<string, map<string, kubernetes.Quantity>>",
  allowMultipleAllocations: "bool",
};

const environment = celEnvironment({ device });

/** Why the text is no expression that chooses devices; undefined when it is one. */
export function problemWithDeviceExpression(text: string): string | undefined {
  try {
    const { type } = environment.compile(text);
    return type === "bool" || type === "dyn" ? undefined : `must evaluate to bool or the unknown type, not ${type}`;
  } catch (error) {
    if (error instanceof CelError) return `compilation failed: ${error.detail}`;
    throw error;
  }
}
