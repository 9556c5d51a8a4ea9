import { createHash } from "node:crypto";
import { formatCidr, tryParseCidr } from "../cidr.ts";
import { backendMap, entryRules, pickChainName, pickChainRules } from "./base_table.ts";
import { type Affinity, type Backend, type Frontend, frontendKey } from "./frontend.ts";

/** What a frontend is in the nft table: elements of maps and sets, and the chains and sets these refer to. */
export interface Parts {
  /** Element keys with their data (`undefined` in a set), by map or set; frontends have no element in common. */
  readonly elements: readonly Element[];
  /** Chains and sets, which frontends share. Equal names have equal definitions in one state of the table. */
  readonly definitions: readonly Definition[];
}

export interface Element {
  readonly map: string;
  readonly key: string;
  readonly data?: string;
}

export type Definition =
  | { readonly kind: "chain"; readonly name: string; readonly rules: readonly string[] }
  /** A set that packets fill: sources remembered for some seconds. */
  | { readonly kind: "sources"; readonly name: string; readonly seconds: number };

/** Sources remembered for one backend at most; a set that is full refuses further sources. */
export const MAX_REMEMBERED = 262_144;

export function partsOf(frontend: Frontend): Parts {
  const { at, protocol, port, backends, masquerade, sources } = frontend;
  const key = frontendKey(frontend);
  const prefix = at.kind === "address" ? "vip" : "node_port";
  if (backends.length === 0) {
    const data = frontend.refusal === "drop" ? "drop" : "goto refuse_at_once";
    return { elements: [{ map: `refused_${prefix}s`, key, data }], definitions: [] };
  }
  const guarded = sources !== undefined && at.kind === "address";
  const elements: Element[] = [];
  if (guarded) {
    for (const range of withoutOverlaps(sources)) elements.push({ map: "vip_sources", key: `${key} . ${range}` });
  }

  if (frontend.affinity) {
    const chain = stickyChain(frontend, frontend.affinity, guarded);
    elements.push({ map: `${prefix}s`, key, data: `goto ${chain.name}` });
    return { elements, definitions: [...backends.map((b) => rememberedSources(frontend.affinity!, b)), chain] };
  }
  const pick = { at: at.kind, protocol, backends: backends.length, masquerade, guarded };
  const name = pickChainName(pick);
  const place = at.kind === "address" ? `${at.address} . ${port}` : `${port}`;
  elements.push({ map: `${prefix}s`, key, data: `goto ${name}` });
  backends.forEach((backend, index) =>
    elements.push({ map: backendMap(pick), key: `${place} . ${index}`, data: `${backend.address} . ${backend.port}` })
  );
  return { elements, definitions: [{ kind: "chain", name, rules: pickChainRules(pick) }] };
}

/** Tries the backend that the source was at, then picks one with equal chances. Shared by frontends that do the same. */
function stickyChain({ backends, masquerade, protocol }: Frontend, affinity: Affinity, guarded: boolean): Definition {
  function to(backend: Backend): string {
    const set = rememberedSources(affinity, backend).name;
    return `update @${set} { ip saddr } meta l4proto ${protocol} dnat ip to ${backend.address}:${backend.port}`;
  }
  return {
    kind: "chain",
    // Frontends of one port may differ in their backends, by traffic policy.
    name: `sticky/${affinity.name}/${digest(affinity, protocol, masquerade, guarded, backends)}`,
    rules: [
      ...entryRules({ masquerade, guarded }),
      ...backends.map((b) => `ip saddr @${rememberedSources(affinity, b).name} ${to(b)}`),
      ...backends.map((b, i) => {
        const left = backends.length - i;
        return left === 1 ? to(b) : `numgen random mod ${left} < 1 ${to(b)}`;
      }),
    ],
  };
}

function rememberedSources(affinity: Affinity, { address, port }: Backend): Definition {
  const { name, seconds } = affinity;
  return { kind: "sources", name: `sources/${name}/${digest(affinity)}/${address}-${port}`, seconds };
}

/** nft refuses intervals that overlap in one set: a range within another says nothing. */
function withoutOverlaps(ranges: readonly string[]): string[] {
  const cidrs = ranges.map((range) => tryParseCidr(range)!).sort((a, b) => a.prefix - b.prefix);
  const kept: typeof cidrs = [];
  for (const cidr of cidrs) {
    const isCovered = kept.some(({ address, prefix }) =>
      prefix === 0 || cidr.address >>> (32 - prefix) === address >>> (32 - prefix)
    );
    if (!isCovered) kept.push(cidr);
  }
  return kept.map((cidr) => cidr.prefix === 0 ? "0.0.0.0-255.255.255.255" : formatCidr(cidr));
}

/** Short names of any number of facts; not to be made to collide by who chooses names in the API. */
function digest(...facts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 20);
}
