import type { Side } from "../sides.ts";

export interface Discovered {
  /** `/apis/apps/v1` */
  readonly root: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Group {
  readonly metadata?: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly {
      readonly resource: string;
      readonly scope: string;
      readonly verbs: readonly string[];
    }[];
  }[];
}

/** What a server says that it serves. */
export async function discovered(side: Side): Promise<Discovered[]> {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const both = await Promise.all(["/api", "/apis"].map(async (path) => {
    const { json } = await side.send({ method: "GET", path, headers: { accept } });
    return (json as { items: Group[] }).items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map(({ resource, scope, verbs }) => ({
          root: `${path}/${metadata?.name ? `${metadata.name}/` : ""}${version}`,
          resource,
          namespaced: scope === "Namespaced",
          verbs,
        }))
      )
    );
  }));
  return both.flat();
}
