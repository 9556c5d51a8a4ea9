import { ingressclasses } from "../../../api/resources.ts";
import type { Ingress } from "../../../api/types/networking_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";
import { newestDefault } from "./newest_default.ts";

const defaultAnnotation = "ingressclass.kubernetes.io/is-default-class";
/** How an Ingress named its class before there was a field. */
const classAnnotation = "kubernetes.io/ingress.class";

/** Gives Ingresses that name no class the cluster's default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  resources: ["networking.k8s.io/ingresses"],
  mutate({ operation, subresource, object }, { lookup }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const { metadata, spec } = object as Ingress;
    if (spec?.ingressClassName !== undefined || metadata.annotations?.[classAnnotation] !== undefined) return;
    const name = newestDefault(lookup.all(ingressclasses), [defaultAnnotation])?.metadata.name;
    if (name !== undefined) (object as Ingress).spec = { ...spec, ingressClassName: name };
  },
};
