import type { KubeObject } from "../../../api/resource.ts";

/** The end of names that upstream keeps for configurations from files. */
const staticSuffix = ".static.k8s.io";

export function warnOfStaticName({ metadata: { name = "" } }: KubeObject): string[] {
  if (!name.endsWith(staticSuffix)) return [];
  return [
    `metadata.name: names ending with ${
      JSON.stringify(staticSuffix)
    } are reserved for static manifest-based configurations and cannot be managed via the API`,
  ];
}
