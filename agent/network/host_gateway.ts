import { fnv32a } from "../../api/meta/hash.ts";
import { run } from "./command.ts";
import type { NetworkDriver, RemoteNode } from "./driver.ts";
import { NetworkError } from "./error.ts";

/** Marks routes as ours, where each routing daemon has a number (rtnetlink(7)); this one is nobody's. */
const ROUTE_PROTOCOL = "143";

/** A plain route to each node's Pods by that node: no overhead, for nodes that share a network. */
export function hostGatewayDriver(instance: string): NetworkDriver {
  const ours = routeMark(instance);
  return {
    overhead: 0,
    async setNodes(nodes: readonly RemoteNode[]): Promise<void> {
      const present = await ourRoutes(instance);
      const problems: string[] = [];
      for (const { name, address, podCidr } of nodes) {
        const gateway = present.get(podCidr);
        present.delete(podCidr);
        if (gateway === address) continue;
        try {
          await run("ip", ["route", "replace", podCidr, "via", address, ...ours]);
        } catch (error) {
          problems.push(`${name} at ${address} (${(error as Error).message})`);
        }
      }
      for (const gone of present.keys()) await run("ip", ["route", "del", gone, ...ours]);
      if (problems.length > 0) {
        throw new NetworkError(
          "commandFailed",
          `no route to the Pods of ${problems.join(", ")}: a node needs an address in a network of this node's`,
        );
      }
    },
  };
}

/** Takes the routes of all nodes away. */
export async function removeHostGateways(instance: string): Promise<void> {
  await hostGatewayDriver(instance).setNodes([]);
}

interface Route {
  readonly dst: string;
  readonly gateway?: string;
  readonly metric?: number;
}

/** Gateways by destination. */
async function ourRoutes(instance: string): Promise<Map<string, string | undefined>> {
  const text = await run("ip", ["-json", "-4", "route", "show", "proto", ROUTE_PROTOCOL]);
  const routes = JSON.parse(text || "[]") as Route[];
  const metric = metricOf(instance);
  return new Map(routes.filter((route) => route.metric === metric).map(({ dst, gateway }) => [dst, gateway]));
}

function routeMark(instance: string): readonly string[] {
  return ["proto", ROUTE_PROTOCOL, "metric", String(metricOf(instance))];
}

/** Tells instances on one machine apart. */
function metricOf(instance: string): number {
  return fnv32a(instance) % 1_000_000_000 + 1;
}
