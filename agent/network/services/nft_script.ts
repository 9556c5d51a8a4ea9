import { type Definition, type Element, MAX_REMEMBERED } from "./parts.ts";

/**
 * Collects changes of one table and writes them in the order in which they can be applied as one transaction: what is referred to is made
 * before and deleted after what refers to it. Adding and then deleting one thing, or the other way round, cancels out.
 */
export class NftScript {
  readonly #table: string;
  readonly #added = new Map<string, Element>();
  readonly #deleted = new Map<string, Element>();
  readonly #defined = new Map<string, Definition>();
  readonly #undefined = new Map<string, Definition>();

  constructor(table: string) {
    this.#table = table;
  }

  addElement(element: Element): void {
    const id = `${element.map} ${element.key}`;
    const gone = this.#deleted.get(id);
    if (gone && gone.data === element.data) this.#deleted.delete(id);
    else this.#added.set(id, element);
  }

  deleteElement(element: Element): void {
    const id = `${element.map} ${element.key}`;
    const made = this.#added.get(id);
    if (made && made.data === element.data) this.#added.delete(id);
    else this.#deleted.set(id, element);
  }

  define(definition: Definition): void {
    const id = `${definition.kind} ${definition.name}`;
    if (!this.#undefined.delete(id)) this.#defined.set(id, definition);
  }

  undefine(definition: Definition): void {
    const id = `${definition.kind} ${definition.name}`;
    if (!this.#defined.delete(id)) this.#undefined.set(id, definition);
  }

  /** `""` when nothing changes. */
  text(): string {
    const table = `ip ${this.#table}`;
    const lines: string[] = [];
    for (const definition of this.#defined.values()) {
      if (definition.kind === "sources") {
        const { name, seconds } = definition;
        const body = `type ipv4_addr; size ${MAX_REMEMBERED}; flags dynamic,timeout; timeout ${seconds}s;`;
        lines.push(`add set ${table} ${name} { ${body} }`);
      } else {
        lines.push(`add chain ${table} ${definition.name}`);
        for (const rule of definition.rules) lines.push(`add rule ${table} ${definition.name} ${rule}`);
      }
    }
    for (const [map, elements] of grouped(this.#deleted)) {
      lines.push(`delete element ${table} ${map} { ${elements.join(", ")} }`);
    }
    for (const [map, elements] of grouped(this.#added)) {
      lines.push(`add element ${table} ${map} { ${elements.join(", ")} }`);
    }
    const gone = [...this.#undefined.values()];
    const chains = gone.filter(({ kind }) => kind === "chain");
    for (const { name } of chains) lines.push(`flush chain ${table} ${name}`, `delete chain ${table} ${name}`);
    for (const { kind, name } of gone) if (kind === "sources") lines.push(`delete set ${table} ${name}`);
    return lines.length === 0 ? "" : lines.join("\n") + "\n";
  }
}

function grouped(elements: ReadonlyMap<string, Element>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { map, key, data } of elements.values()) {
    const text = data === undefined ? key : `${key} : ${data}`;
    const group = groups.get(map);
    if (group) group.push(text);
    else groups.set(map, [text]);
  }
  return groups;
}
