import { contains, parseCidr } from "../cidr.ts";
import { baseTable, type TableFacts } from "./base_table.ts";
import { type Frontend, frontendKey } from "./frontend.ts";
import { type Definition, type Element, partsOf } from "./parts.ts";
import { NftScript } from "./nft_script.ts";
import { type StaleFlow, staleFlows } from "./stale_flows.ts";

export interface RuleChange {
  /** For `nft -f -`: applied whole or not at all. */
  readonly script: string;
  /** What the connection tracker remembers wrongly once the script is applied. */
  readonly stale: readonly StaleFlow[];
}

/**
 * The wanted and the applied state of the table, and what leads from one to the other. Pure: the caller applies. A frontend that several
 * owners claim goes to the one with the lowest rank, then to the first that came.
 */
export class RuleState {
  readonly #facts: TableFacts;
  readonly #podCidr;
  readonly #owners = new Map<string, ReadonlySet<string>>();
  readonly #claims = new Map<string, readonly Claim[]>();
  readonly #changed = new Set<string>();
  #applied = new Map<string, Frontend>();
  /** How many applied frontends have a definition, or a backend among this node's Pods. */
  #uses = new Map<string, number>();
  #claimed = 0;

  constructor(facts: TableFacts) {
    this.#facts = facts;
    this.#podCidr = parseCidr("Pod network", facts.podCidr);
  }

  /** Whether the wanted state differs from the applied one. Answers true also for changes that cancel out. */
  get isDirty(): boolean {
    return this.#changed.size > 0;
  }

  /** Replaces everything that `owner` claimed. Owners of rank 0 go before all others. */
  claim(owner: string, frontends: readonly Frontend[], rank = 1): void {
    const before = this.#owners.get(owner) ?? new Set<string>();
    const wanted = new Map(frontends.map((frontend) => [frontendKey(frontend), frontend]));
    for (const key of before) if (!wanted.has(key)) this.#set(key, owner, undefined);
    for (const [key, frontend] of wanted) this.#set(key, owner, { owner, rank, order: this.#claimed++, frontend });
    if (wanted.size > 0) this.#owners.set(owner, new Set(wanted.keys()));
    else this.#owners.delete(owner);
  }

  #set(key: string, owner: string, claim: Claim | undefined): void {
    const old = this.#claims.get(key) ?? [];
    const mine = old.find((c) => c.owner === owner);
    // Changing a claim does not lose its place.
    const next = claim && { ...claim, order: mine?.order ?? claim.order };
    const claims = [...old.filter((c) => c !== mine), ...(next ? [next] : [])]
      .sort((a, b) => a.rank - b.rank || a.order - b.order);
    if (claims.length > 0) this.#claims.set(key, claims);
    else this.#claims.delete(key);
    this.#changed.add(key);
  }

  /** What leads from the applied to the wanted state, which counts as applied from now on; undefined when nothing does. */
  takeChange(): RuleChange | undefined {
    const script = new NftScript(this.#facts.table);
    const stale: StaleFlow[] = [];
    for (const key of this.#changed) {
      const before = this.#applied.get(key);
      const after = this.#claims.get(key)?.at(0)?.frontend;
      if (before === after) continue;
      this.#change(script, before, after);
      stale.push(...staleFlows(before, after));
    }
    this.#changed.clear();
    const text = script.text();
    return text === "" ? undefined : { script: text, stale };
  }

  /** Makes the table anew with all that is wanted, whatever is there; counts as applied from now on. */
  takeAll(): RuleChange {
    const stale = [...this.#changed].flatMap((key) =>
      staleFlows(this.#applied.get(key), this.#claims.get(key)?.at(0)?.frontend)
    );
    this.#applied = new Map();
    this.#uses = new Map();
    for (const key of this.#claims.keys()) this.#changed.add(key);
    const { table } = this.#facts;
    // Deleting what is not there fails: it is made first.
    const fresh = `table ip ${table} {\n}\ndelete table ip ${table}\n${baseTable(this.#facts)}`;
    return { script: fresh + (this.takeChange()?.script ?? ""), stale };
  }

  #change(script: NftScript, before: Frontend | undefined, after: Frontend | undefined): void {
    const old = before && this.#partsWithHairpins(before);
    const next = after && this.#partsWithHairpins(after);
    for (const definition of next?.definitions ?? []) this.#use(script, definition);
    const oldElements = new Map(old?.elements.map((element) => [elementId(element), element]));
    for (const element of next?.elements ?? []) {
      const id = elementId(element);
      const had = oldElements.get(id);
      if (had && had.data === element.data) oldElements.delete(id);
      else script.addElement(element);
    }
    for (const element of oldElements.values()) script.deleteElement(element);
    for (const hairpin of next?.hairpins ?? []) {
      if (this.#count(elementId(hairpin), 1) === 1) script.addElement(hairpin);
    }
    for (const hairpin of old?.hairpins ?? []) {
      if (this.#count(elementId(hairpin), -1) === 0) script.deleteElement(hairpin);
    }
    for (const definition of old?.definitions ?? []) this.#release(script, definition);
    if (after) this.#applied.set(frontendKey(after), after);
    else this.#applied.delete(frontendKey(before!));
  }

  #partsWithHairpins(frontend: Frontend): PartsWithHairpins {
    const local = new Set(frontend.backends.map(({ address }) => address).filter((ip) => contains(this.#podCidr, ip)));
    const hairpins = [...local].map((ip) => ({ map: "hairpins", key: `${ip} . ${ip}` }));
    return { ...partsOf(frontend), hairpins };
  }

  #use(script: NftScript, definition: Definition): void {
    if (this.#count(`${definition.kind} ${definition.name}`, 1) === 1) script.define(definition);
  }

  #release(script: NftScript, definition: Definition): void {
    if (this.#count(`${definition.kind} ${definition.name}`, -1) === 0) script.undefine(definition);
  }

  #count(what: string, by: 1 | -1): number {
    const count = (this.#uses.get(what) ?? 0) + by;
    if (count === 0) this.#uses.delete(what);
    else this.#uses.set(what, count);
    return count;
  }
}

interface Claim {
  readonly owner: string;
  readonly rank: number;
  readonly order: number;
  readonly frontend: Frontend;
}

interface PartsWithHairpins extends ReturnType<typeof partsOf> {
  readonly hairpins: readonly Element[];
}

function elementId({ map, key }: Element): string {
  return `${map} ${key}`;
}
