import type { UserInfo } from "../contract.ts";

/** The user that a ServiceAccount is, before anyone says that it is authenticated. */
export function serviceAccountUser(namespace: string, name: string): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}
