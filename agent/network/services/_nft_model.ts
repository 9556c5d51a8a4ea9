/** A table as nft would keep it: enough of it to run the scripts that are made here, and as strict about what exists. */
export class NftModel {
  readonly maps = new Map<string, Map<string, string>>();
  readonly chains = new Map<string, string[]>();
  readonly sets = new Set<string>();

  /** The lines behind the table's declaration. Throws where nft would refuse. */
  run(script: string): void {
    for (const line of script.trim().split("\n")) this.#line(line);
    for (const elements of this.maps.values()) {
      for (const data of elements.values()) {
        const [, chain] = /^goto (\S+)$/.exec(data) ?? [];
        if (chain && chain !== "refuse_at_once" && !this.chains.has(chain)) throw new Error(`no chain ${chain}`);
      }
    }
    for (const rules of this.chains.values()) {
      for (const rule of rules) {
        for (const [, set] of rule.matchAll(/@(sources\/\S+)/g)) {
          if (!this.sets.has(set!)) throw new Error(`no set ${set}`);
        }
      }
    }
  }

  /** Everything, in an order of its own. */
  dump(): string {
    const sorted = <T>(entries: Iterable<readonly [string, T]>) => [...entries].sort(([a], [b]) => a < b ? -1 : 1);
    const maps = sorted(this.maps).map(([name, elements]) => [name, sorted(elements)] as const);
    return JSON.stringify([maps.filter(([, e]) => e.length > 0), sorted(this.chains), [...this.sets].sort()], null, 1);
  }

  #line(line: string): void {
    const [, verb, kind, name = "", rest = ""] = /^(\w+) (\w+) ip \S+ (\S+) ?(.*)$/.exec(line) ?? [];
    const actions: Record<string, () => void> = {
      "add element": () => this.#elements(name, rest, true),
      "delete element": () => this.#elements(name, rest, false),
      "add chain": () => void this.chains.set(name, this.chains.get(name) ?? []),
      "add rule": () => void this.#chain(name).push(rest),
      "flush chain": () => void this.#chain(name).splice(0),
      "delete chain": () => require(this.chains.delete(name), line),
      "add set": () => void this.sets.add(name),
      "delete set": () => require(this.sets.delete(name), line),
    };
    const action = actions[`${verb} ${kind}`];
    require(action !== undefined, line);
    action!();
  }

  #chain(name: string): string[] {
    const rules = this.chains.get(name);
    require(rules !== undefined, `chain ${name}`);
    return rules!;
  }

  #elements(name: string, text: string, added: boolean): void {
    const map = this.maps.get(name) ?? new Map<string, string>();
    this.maps.set(name, map);
    for (const element of text.replace(/^\{ | \}$/g, "").split(", ")) {
      const [key = "", data = ""] = element.split(" : ");
      require(map.has(key) !== added, `${added ? "adding" : "deleting"} ${name} ${element}`);
      if (added) map.set(key, data);
      else require(map.delete(key), element);
    }
  }
}

function require(condition: boolean, what: string): void {
  if (!condition) throw new Error(`nft would refuse: ${what}`);
}
