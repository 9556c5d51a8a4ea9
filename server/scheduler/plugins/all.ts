import { defaultPreemption } from "../preemption/default_preemption.ts";
import type { Plugin, PostFilter } from "./contract.ts";
import { nodeAffinity } from "./node_affinity.ts";
import { nodeName } from "./node_name.ts";
import { nodePorts } from "./node_ports.ts";
import { balancedAllocation, resourcesFit } from "./resources_fit.ts";
import { nodeUnschedulable, taintToleration } from "./taint_toleration.ts";

/** In the order in which filters ask; the first that refuses a node says why. */
export const plugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
  balancedAllocation,
];

/** What may be done for a Pod that no node can take. */
export const postFilter: PostFilter = defaultPreemption;
