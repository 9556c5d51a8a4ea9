import type { KubeObject } from "../../../api/resource.ts";
import { autoscalerV1 } from "./autoscaler_v1.ts";
import { eventV1 } from "./event_v1.ts";

/** Between a served version and the stored one. Both functions own their argument and may give it back changed. */
export interface Conversion {
  /** Of the served version. */
  readonly apiVersion: string;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

/** Served versions that are not stored, by `group/version/resource`; with the resource, by `group/resource`, that stores them. */
export const conversions: Readonly<Record<string, { readonly stored: string; readonly conversion: Conversion }>> = {
  "autoscaling/v1/horizontalpodautoscalers": {
    stored: "autoscaling/horizontalpodautoscalers",
    conversion: autoscalerV1,
  },
  "events.k8s.io/v1/events": { stored: "/events", conversion: eventV1 },
};
