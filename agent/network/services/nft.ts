import { run, tryRun } from "../command.ts";
import { HOOKED_CHAINS } from "./base_table.ts";

/** Applies a script as one transaction. */
export async function applyScript(script: string): Promise<void> {
  await run("nft", ["-f", "-"], script);
}

/**
 * Whether the table stands, by its hooked chains: the only question whose answer costs the same however many Services there are (about 4 ms).
 * Rules or elements that somebody took out singly stay unnoticed.
 */
export async function isTableWhole(table: string): Promise<boolean> {
  const { chains } = parseChains(await run("nft", ["list", "chains", "ip"]), table);
  return HOOKED_CHAINS.every((name) => chains.has(name));
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
