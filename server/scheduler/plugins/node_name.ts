import type { Plugin } from "./contract.ts";
import { refuseForGood } from "./contract.ts";

/** A Pod that names its node goes nowhere else. */
export const nodeName: Plugin = {
  name: "NodeName",
  filter: ({ pod }, { node }) =>
    pod.spec.nodeName && pod.spec.nodeName !== node.metadata.name
      ? refuseForGood("node(s) didn't match the requested node name")
      : undefined,
};
