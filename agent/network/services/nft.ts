import { run, tryRun } from "../command.ts";
import { HOOKED_CHAINS } from "./base_table.ts";

/** Applies a script as one transaction. */
export async function applyScript(script: string): Promise<void> {
  await run("nft", ["-f", "-"], script);
}

/**
 * Whether the table stands, by its hooked chains: the only question whose answer costs the same however many Services there are (about 4 ms).
 * A thorough look (about 20 ms for a thousand Services) finds chains without their rules, too; elements that somebody took out singly stay
 * unnoticed.
 */
export async function isTableWhole(table: string, thorough: boolean): Promise<boolean> {
  const { chains } = parseChains(await run("nft", ["list", "chains", "ip"]), table);
  if (!HOOKED_CHAINS.every((name) => chains.has(name))) return false;
  return !thorough || !hasEmptyChain(await run("nft", ["-t", "list", "table", "ip", table]));
}

/** None of ours is empty. */
export function hasEmptyChain(listing: string): boolean {
  return /\tchain \S+ \{\n(?:\t\ttype [^\n]*\n)?\t\}/.test(listing);
}

export async function hasTable(table: string): Promise<boolean> {
  return parseChains(await run("nft", ["list", "tables", "ip"]), table).found;
}

/** Does nothing when there is none. */
export async function deleteTable(table: string): Promise<void> {
  await tryRun("nft", ["delete", "table", "ip", table]);
}

function parseChains(text: string, table: string): { found: boolean; chains: Set<string> } {
  const chains = new Set<string>();
  let found = false;
  let inside = false;
  for (const line of text.split("\n")) {
    const [, opened] = /^table ip (\S+)/.exec(line) ?? [];
    if (opened !== undefined) {
      inside = opened === table;
      found ||= inside;
    }
    const [, chain] = /^\tchain (\S+) \{/.exec(line) ?? [];
    if (inside && chain !== undefined) chains.add(chain);
  }
  return { found, chains };
}
