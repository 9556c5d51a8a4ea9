import type { HostPort } from "../node_info.ts";
import type { Plugin } from "./contract.ts";
import { refuse } from "./contract.ts";

const ANY = new Set(["", "0.0.0.0", "::"]);

/** Two claims of one port clash on the same address, or when either claims all addresses. */
export function clash(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || ANY.has(a.ip) || ANY.has(b.ip));
}

export const nodePorts: Plugin = {
  name: "NodePorts",
  filter({ hostPorts }, { pods }) {
    if (hostPorts.length === 0) return undefined;
    for (const other of pods.values()) {
      if (other.hostPorts.some((taken) => hostPorts.some((wanted) => clash(wanted, taken)))) {
        return refuse("node(s) didn't have free ports for the requested pod ports");
      }
    }
    return undefined;
  },
};
