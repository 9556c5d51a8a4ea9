import { selectorFromLabels } from "../../../api/meta/label_selector.ts";
import { keyOf } from "../../../api/resource.ts";
import type { Pod, Service } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { hasOwnEndpoints, isEndpointChange } from "./pod_endpoint.ts";

/** Enqueues each Service that changes, or whose endpoints a change of a Pod concerns. */
export function watchServices(services: Informer<Service>, pods: Informer<Pod>, enqueue: (key: string) => void): void {
  services.onChange(({ object }) => enqueue(keyOf(object)));
  const concerned = (pod: Pod) => {
    for (const service of services.list(pod.metadata.namespace)) if (isSelected(service, pod)) enqueue(keyOf(service));
  };
  pods.onChange((change) => {
    if (change.type === "updated") {
      if (!isEndpointChange(change.previous, change.object)) return;
      concerned(change.previous);
    }
    concerned(change.object);
  });
}

/** The Pods that the Service selects. */
export function selectedPods(pods: Informer<Pod>, service: Service): Pod[] {
  const selector = selectorFromLabels(service.spec.selector ?? {});
  return pods.list(service.metadata.namespace).filter(({ metadata }) => selector.matches(metadata.labels));
}

/** Compares the labels themselves: this runs for each Service of the namespace at each change of a Pod. */
function isSelected(service: Service, { metadata: { labels = {} } }: Pod): boolean {
  if (hasOwnEndpoints(service)) return false;
  for (const [key, value] of Object.entries(service.spec.selector ?? {})) if (labels[key] !== value) return false;
  return true;
}
