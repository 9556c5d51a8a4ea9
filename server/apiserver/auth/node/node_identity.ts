import type { UserInfo } from "../../contract.ts";

export const nodesGroup = "system:nodes";
const prefix = "system:node:";

/** The name of the node that a user is. Undefined: no node. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(prefix) || name.length === prefix.length) return undefined;
  return groups.includes(nodesGroup) ? name.slice(prefix.length) : undefined;
}
