import type { Environment } from "@marcbachmann/cel-js";

/** Lets values of these types be compared with null, as CEL does with all messages. */
export function registerNullable(environment: Environment, types: readonly string[]): void {
  for (const type of types) {
    environment.registerOperator(`null == ${type}`, (one: unknown, other: unknown) => one === other);
  }
}

/** Of the language itself and of Kubernetes' libraries. */
const everywhere = [
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "kubernetes.URL",
  "kubernetes.Quantity",
  "kubernetes.Semver",
  "net.IP",
  "net.CIDR",
];

/** Comparisons and conversions that the library leaves out; after the libraries whose types they are about. */
export function registerConversions(environment: Environment): void {
  registerNullable(environment, everywhere);
  environment.registerFunction("int(uint): int", (value: { valueOf(): bigint }) => {
    if (value.valueOf() >= 2n ** 63n) throw new RangeError("integer overflow");
    return value.valueOf();
  });
}
