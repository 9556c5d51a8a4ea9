import type { Node } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

/** A node is tainted from its first moment, so that nothing is scheduled to it before it was ever ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  resources: ["/nodes"],
  mutate({ operation, subresource, object }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
