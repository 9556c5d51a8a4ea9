import { checkDns1123Label } from "../../../api/meta/names.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import type { Strategy } from "./strategy.ts";

const finalizer = "kubernetes";
const nameLabel = "kubernetes.io/metadata.name";

export const namespaceStrategy: Strategy<Namespace> = {
  checkName: checkDns1123Label,
  defaults({ metadata }) {
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  prepareForCreate(namespace) {
    // A generated name was not there yet when the defaults were.
    this.defaults!(namespace);
    namespace.status = { phase: "Active" };
    namespace.spec = { finalizers: [...new Set([...namespace.spec.finalizers ?? [], finalizer])] };
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = old.spec;
  },
  prepareForDeletion(namespace) {
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
  holdsBack: ({ spec }) => (spec.finalizers?.length ?? 0) > 0,
  fields: {
    "status.phase": ({ status }) => status?.phase ?? "",
    name: ({ metadata }) => metadata.name ?? "",
  },
};
