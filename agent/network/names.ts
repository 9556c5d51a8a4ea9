import { NetworkError } from "./error.ts";

/** What an instance's things on the machine are called. */
export interface NetworkNames {
  /** The nft table, family `ip`. */
  readonly table: string;
  readonly bridge: string;
}

/** Throws a `NetworkError` (`invalid`) for an instance that cannot name an interface. */
export function networkNames(instance: string): NetworkNames {
  if (!/^[a-z][a-z0-9-]{0,7}$/.test(instance)) {
    throw new NetworkError(
      "invalid",
      `instance ${JSON.stringify(instance)} cannot name interfaces: ` +
        "use at most 8 lower-case letters, digits and dashes, the first a letter",
    );
  }
  return { table: instance, bridge: `${instance}0` };
}
