import { Quantity } from "../../api/meta/quantity.ts";

/** How much of what: `requests.cpu`, `pods`, `count/configmaps`. */
export type Amounts = ReadonlyMap<string, Quantity>;

export const one: Quantity = Quantity.of(1);

export function parseAmounts(texts: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}

/** As objects hold them, sorted by name. */
export function formatAmounts(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, amount.toString()] as const).sort());
}

/** As messages show them: `cpu=1,memory=2Gi`. */
export function printAmounts(amounts: Amounts): string {
  return Object.entries(formatAmounts(amounts)).map(([name, amount]) => `${name}=${amount}`).join(",");
}

export function addTo(totals: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, amount] of amounts) totals.set(name, totals.get(name)?.add(amount) ?? amount);
}

/** What is in `amounts` beyond `before`; nothing is less than zero. */
export function growth(amounts: Amounts, before: Amounts): Map<string, Quantity> {
  const grown = new Map<string, Quantity>();
  for (const [name, amount] of amounts) {
    const difference = amount.subtract(before.get(name) ?? Quantity.zero);
    grown.set(name, difference.sign() < 0 ? Quantity.zero : difference);
  }
  return grown;
}

export function masked(amounts: Amounts, keep: (name: string) => boolean): Map<string, Quantity> {
  return new Map([...amounts].filter(([name]) => keep(name)));
}

export function isEqual(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && [...a].every(([name, amount]) => b.get(name)?.equals(amount) ?? false);
}
