import type { Pod, Toleration } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";

const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const seconds = 300;

/** Lets a Pod stay on a node that is in trouble for five minutes, unless it says otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  resources: ["/pods"],
  mutate({ operation, subresource, object }) {
    if ((operation !== "CREATE" && operation !== "UPDATE") || subresource !== "") return;
    const { spec } = object as Pod;
    const tolerations = spec.tolerations ?? [];
    const missing = keys.filter((key) => !tolerations.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...tolerations,
      ...missing.map((key): Toleration => ({
        key,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: seconds,
      })),
    ];
  },
};

/** Whatever value: the node's own taints have none. */
function covers({ key = "", effect = "" }: Toleration, taint: string): boolean {
  return (key === taint || key === "") && (effect === "NoExecute" || effect === "");
}
