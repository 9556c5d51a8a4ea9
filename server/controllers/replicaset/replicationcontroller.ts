import { Selector, selectorFromLabels } from "../../../api/meta/label_selector.ts";
import { replicationcontrollers } from "../../../api/resources.ts";
import type { ReplicationController } from "../../../api/types/core_v1.ts";
import type { Controller, ControllerContext } from "../contract.ts";
import { replicaController } from "./replicas.ts";

export function replicationControllerController(context: ControllerContext): Controller {
  return replicaController<ReplicationController>(context, {
    name: "replicationcontroller",
    resource: replicationcontrollers,
    spec: ({ spec }) => ({
      replicas: spec.replicas ?? 1,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: spec.selector ? selectorFromLabels(spec.selector) : Selector.nothing,
      template: spec.template,
    }),
    status: ({ status }) => status,
    withStatus(owner, { terminatingReplicas: _, ...status }) {
      return { ...owner, status };
    },
  });
}
