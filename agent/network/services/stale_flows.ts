import type { Frontend } from "./frontend.ts";

/**
 * UDP flows that the connection tracker would go on sending where they went: it knows no end of a conversation, so a client that keeps its
 * port would keep its backend, gone or not.
 */
export interface StaleFlow {
  /** Where the client sends to; any address of the node when absent. */
  readonly address?: string;
  readonly port: number;
  /** The backend that is gone; every flow of this frontend when absent. */
  readonly backend?: string;
}

export function staleFlows(before: Frontend | undefined, after: Frontend | undefined): StaleFlow[] {
  const frontend = (after ?? before)!;
  if (frontend.protocol !== "udp") return [];
  const { at, port } = frontend;
  const flow = at.kind === "address" ? { address: at.address, port } : { port };
  if (after === undefined) return [flow];
  const had = new Set(before?.backends.map(({ address }) => address));
  // Packets before the first backend left flows that nothing translates.
  if (had.size === 0) return after.backends.length > 0 ? [flow] : [];
  for (const { address } of after.backends) had.delete(address);
  return [...had].map((backend) => ({ ...flow, backend }));
}
