import { tryRun } from "../command.ts";
import type { StaleFlow } from "./stale_flows.ts";

/** Each takes a process and a walk through the kernel's table: beyond so many, one walk forgets every translated UDP flow instead. */
const MAX_WALKS = 32;

/** Makes the connection tracker forget UDP flows, so that their next packet is looked up anew. */
export async function forgetFlows(flows: readonly StaleFlow[]): Promise<void> {
  if (flows.length === 0) return;
  const distinct = new Set(flows.map((flow) => selectors(flow).join(" ")));
  const walks = distinct.size > MAX_WALKS ? ["--dst-nat"] : [...distinct];
  // Its exit code is 1 when there was no such flow.
  for (const walk of walks) await tryRun("conntrack", ["-D", "-f", "ipv4", "-p", "udp", ...walk.split(" ")]);
}

function selectors({ address, port, backend }: StaleFlow): string[] {
  return [
    ...(address ? ["--orig-dst", address] : []),
    "--orig-port-dst",
    String(port),
    ...(backend ? ["--reply-src", backend] : []),
  ];
}
