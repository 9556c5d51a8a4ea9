import { controllerReference } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";

/** Prefixes of generated names leave room for the suffix in a name of 63 characters. */
const maxPrefixLength = 58;

/** A Pod of the template, controlled by `owner` and named after it unless a name is given. */
export function podFromTemplate(owner: KubeObject, resource: Resource, template: PodTemplateSpec, name?: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name ?? ""}-`.slice(0, maxPrefixLength);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(name === undefined ? { generateName: prefix } : { name }),
      namespace: owner.metadata.namespace ?? "",
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner, resource)],
    },
    spec: template.spec,
  };
}
