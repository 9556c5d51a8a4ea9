import type { Container } from "../../api/types/core_v1.ts";

/** The number of a port that is given by number or by the name of one of the container's. Throws a RangeError for an unknown name. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  const number = named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
  if (number === undefined) {
    throw new RangeError(`container ${container.name} has no port named ${JSON.stringify(port)}`);
  }
  return number;
}
