/** A node's share of the cluster's network. */
export const NODE_PREFIX = 24;

/** The first /24 of the network that overlaps with none of the taken ones, in prefix notation; undefined when there is none. IPv4; what is none is passed over. */
export function freeSubnet(network: string, taken: Iterable<string>): string | undefined {
  const whole = rangeOf(network);
  if (whole === undefined) return undefined;
  const size = 2 ** (32 - NODE_PREFIX);
  const used = [...taken].map(rangeOf).filter((range) => range !== undefined)
    .sort((a, b) => a.first - b.first);
  let at = whole.first;
  for (const { first, last } of used) {
    if (last < at) continue;
    if (first >= at + size) break;
    at = Math.ceil((last + 1) / size) * size;
  }
  return at + size - 1 <= whole.last ? `${format(at)}/${NODE_PREFIX}` : undefined;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function rangeOf(cidr: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - address % size;
  return { first, last: first + size - 1 };
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
}
