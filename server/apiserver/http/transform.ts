import type { KubeObject } from "../../../api/resource.ts";
import { badRequest } from "../../../api/status.ts";
import type { IncludeObject } from "../tables/table.ts";
import type { Query } from "./query.ts";

/** The object as those see it who care for its metadata alone. */
export function partialObject(object: KubeObject): KubeObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

const includes: readonly string[] = ["None", "Metadata", "Object"] satisfies IncludeObject[];

export function tableOptions(query: Query): { readonly includeObject: IncludeObject } {
  const asked = query.text("includeObject") ?? "Metadata";
  if (!includes.includes(asked)) {
    throw badRequest(`unrecognized includeObject value ${JSON.stringify(asked)}: use one of ${includes.join(", ")}`);
  }
  return { includeObject: asked as IncludeObject };
}
