import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import { replicasets } from "../../../api/resources.ts";
import type { ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { Controller, ControllerContext } from "../contract.ts";
import { replicaController } from "./replicas.ts";

export function replicaSetController(context: ControllerContext): Controller {
  return replicaController<ReplicaSet>(context, {
    name: "replicaset",
    resource: replicasets,
    spec: ({ spec }) => ({
      replicas: spec.replicas ?? 1,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: compileLabelSelector(spec.selector),
      template: spec.template,
    }),
    status: ({ status }) => status,
    withStatus: (owner, status) => ({ ...owner, status }),
  });
}
