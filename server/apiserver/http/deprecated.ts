/** Versions of kinds that are on their way out, by `group/version/resource`, in upstream's words: whoever uses them is told, whatever the verb. */
const deprecated: Readonly<Record<string, string>> = {
  "/v1/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
  "/v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

interface Row {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** Undefined for nearly all. */
export function deprecationOf({ group, version, resource }: Row): string | undefined {
  return deprecated[`${group}/${version}/${resource}`];
}
