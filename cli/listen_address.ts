import ipaddr from "ipaddr.js";
import { UserError } from "./error.ts";

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
  /** Only this machine can reach it. */
  readonly isLoopback: boolean;
}

/** `127.0.0.1:2379` or `[::1]:2379`. Throws a UserError that names the flag. */
export function listenAddress(flag: string, value: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(value);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || !ipaddr.isValid(address) || port > 65535) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is not ADDRESS:PORT, as in 127.0.0.1:2379 or [::1]:2379`);
  }
  return { address, port, isLoopback: ipaddr.parse(address).range() === "loopback" };
}
