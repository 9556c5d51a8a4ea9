import type { IPAddress } from "../api/types/networking_v1.ts";

/** The first address of an IPv4 network, which the Service `kubernetes` has: 10.43.0.1 of 10.43.0.0/16. */
export function firstAddress(cidr: string): string {
  const [base = ""] = cidr.split("/");
  const bytes = base.split(".").map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join(".");
}

const familyLabel = "ipaddress.kubernetes.io/ip-family";
const managerLabel = "ipaddress.kubernetes.io/managed-by";
const allocator = "ipallocator.k8s.io";

/** Of the IPAddress of an address that a Service was given. */
export function labelsOfAllocated(address: string): Record<string, string> {
  return { [familyLabel]: address.includes(":") ? "IPv6" : "IPv4", [managerLabel]: allocator };
}

/** Whether an IPAddress stands for an address that a Service was given; any other one keeps its address from Services. */
export function isAllocated({ metadata: { labels = {} } }: IPAddress): boolean {
  return labels[managerLabel] === allocator;
}
