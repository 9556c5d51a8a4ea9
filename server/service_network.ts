/** The first address of an IPv4 network, which the Service `kubernetes` has: 10.43.0.1 of 10.43.0.0/16. */
export function firstAddress(cidr: string): string {
  const [base = ""] = cidr.split("/");
  const bytes = base.split(".").map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join(".");
}
