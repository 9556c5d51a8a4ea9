import type { Protocol } from "./frontend.ts";

/** What the rules that never change depend on. Networks in prefix notation. */
export interface TableFacts {
  readonly table: string;
  readonly bridge: string;
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** Bridged frames pass the ip hooks, so that answers between two Pods of the bridge are translated back. */
  readonly bridgeFiltersIp: boolean;
}

/** Marks a packet whose source is to become this node's; the bit that Kubernetes' own proxy uses. */
const MASQUERADE_MARK = "0x4000";

const PROTOCOL_NAMES: readonly Protocol[] = ["tcp", "udp", "sctp"];
const VIP = "ip daddr . meta l4proto . th dport";
const NODE_PORT = "meta l4proto . th dport";
/** 127.0.0.0/8 stays the node's own: translating it would need `route_localnet`, which opens loopback to the network. */
const TO_NODE = "fib daddr type local ip daddr != 127.0.0.0/8";

/**
 * The table without any Service. Connections are looked up in two verdict maps, by address (`vips`) and by port alone
 * (`node_ports`), which lead to a chain for the protocol and the number of backends; that one picks from the map of backends. So a Service
 * is nothing but elements of maps, unless it has session affinity (sets and a chain of its own).
 */
export function baseTable(facts: TableFacts): string {
  const { table, bridge, podCidr, clusterCidr, serviceCidr } = facts;
  // Without translation on the bridge, Pod and backend must not see each other's addresses.
  const withinBridge = facts.bridgeFiltersIp
    ? "ip saddr . ip daddr @hairpins"
    : `ip saddr ${podCidr} ip daddr ${podCidr}`;
  return `table ip ${table} {
	map vips { type ipv4_addr . inet_proto . inet_service : verdict; }
	map node_ports { type inet_proto . inet_service : verdict; }
${backendMaps()}	map refused_vips { type ipv4_addr . inet_proto . inet_service : verdict; }
	map refused_node_ports { type inet_proto . inet_service : verdict; }
	set hairpins { type ipv4_addr . ipv4_addr; }
	set vip_sources { type ipv4_addr . inet_proto . inet_service . ipv4_addr; flags interval; }

	chain translate {
		ip daddr ${serviceCidr} ip saddr != ${clusterCidr} meta mark set meta mark or ${MASQUERADE_MARK}
		${VIP} vmap @vips
		${TO_NODE} ${NODE_PORT} vmap @node_ports
	}
	chain refuse {
		${VIP} vmap @refused_vips
		ip daddr ${serviceCidr} goto refuse_at_once
		${TO_NODE} ${NODE_PORT} vmap @refused_node_ports
	}
	chain refuse_at_once {
		meta l4proto tcp reject with tcp reset
		reject with icmp port-unreachable
	}
	chain translate_prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump translate
	}
	chain translate_output {
		type nat hook output priority -100; policy accept;
		jump translate
	}
	chain masquerade_postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "lo" return
		meta mark & ${MASQUERADE_MARK} != 0 meta mark set meta mark xor ${MASQUERADE_MARK} masquerade fully-random
		ct status & dnat != 0 ${withinBridge} masquerade fully-random
		ip saddr ${podCidr} ip daddr != { ${clusterCidr}, 224.0.0.0/4, 255.255.255.255 } oifname != "${bridge}" masquerade fully-random
	}
${refusing("input")}${refusing("forward")}${refusing("output")}}
`;
}

/** One map for each protocol: nft 1.0.6 takes no later rule on a map whose type it reads back as a port of any protocol. */
function backendMaps(): string {
  return PROTOCOL_NAMES.map((protocol) => {
    const to = `ip daddr . ${protocol} dport`;
    return `	map vip_backends_${protocol} {
		typeof ip daddr . ${protocol} dport . numgen random mod 2 : ${to}
	}
	map node_port_backends_${protocol} {
		typeof ${protocol} dport . numgen random mod 2 : ${to}
	}
`;
  }).join("");
}

/** Only a connection's first packet is looked at, and only when nothing translated it. */
function refusing(hook: "input" | "forward" | "output"): string {
  return `	chain refuse_${hook} {
		type filter hook ${hook} priority filter; policy accept;
		ct state new ct status & dnat == 0 jump refuse
	}
`;
}

/** The chains of {@linkcode baseTable} that a hook of the kernel calls: where one of them is missing, somebody flushed the table. */
export const HOOKED_CHAINS = [
  "translate_prerouting",
  "translate_output",
  "masquerade_postrouting",
  "refuse_input",
  "refuse_forward",
  "refuse_output",
] as const;

/** How connections of a frontend reach a backend; the same chain serves all frontends of the same sort and number of backends. */
export interface PickChain {
  readonly at: "address" | "node";
  readonly protocol: Protocol;
  readonly backends: number;
  readonly masquerade: boolean;
  readonly guarded: boolean;
}

export function pickChainName({ at, protocol, backends, masquerade, guarded }: PickChain): string {
  const sort = at === "address" ? "vip" : "node_port";
  return `${guarded ? "guarded_" : ""}${sort}_${protocol}_${backends}${masquerade ? "_masquerade" : ""}`;
}

export function pickChainRules(chain: PickChain): readonly string[] {
  const { at, protocol, backends } = chain;
  const key = `${at === "address" ? "ip daddr . " : ""}${protocol} dport . numgen random mod ${backends}`;
  return [...entryRules(chain), `dnat ip to ${key} map @${backendMap(chain)}`];
}

/** The map from a frontend's address, port and a number below that of its backends to one of these. */
export function backendMap({ at, protocol }: Pick<PickChain, "at" | "protocol">): string {
  return `${at === "address" ? "vip" : "node_port"}_backends_${protocol}`;
}

/** What every connection of a frontend passes first. */
export function entryRules({ masquerade, guarded }: Pick<PickChain, "masquerade" | "guarded">): readonly string[] {
  return [
    ...(guarded ? [`${VIP} . ip saddr != @vip_sources drop`] : []),
    ...(masquerade ? [`meta mark set meta mark or ${MASQUERADE_MARK}`] : []),
  ];
}
