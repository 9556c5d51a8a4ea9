import { getLogger } from "@logtape/logtape";
import { tryRun } from "./command.ts";

const log = getLogger(["skiff", "network"]);

/** Chains of others that drop forwarded packets unless a rule of theirs accepts, as `family table chain`. `listing` is `nft list chains`. */
export function droppingChains(listing: string): string[] {
  const dropping: string[] = [];
  let table = "";
  let chain = "";
  for (const line of listing.split("\n")) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const isIp = table.startsWith("ip ") || table.startsWith("inet ");
    if (isIp && /hook forward .*policy drop;/.test(line)) dropping.push(`${table} ${chain}`);
  }
  return dropping;
}

/** Nothing that our table accepts is accepted for another one: who drops by default must let the Pods through. */
export async function warnOfForeignFirewall(bridge: string): Promise<void> {
  for (const chain of droppingChains((await tryRun("nft", ["list", "chains"])).stdout)) {
    log.warn(
      "the nft chain {chain} drops what it does not know: unless it has rules for {bridge}, Pods reach neither each other nor the outside; " +
        "allow them with: nft insert rule {chain} iifname {bridge} accept; nft insert rule {chain} oifname {bridge} accept",
      { chain, bridge },
    );
  }
}
