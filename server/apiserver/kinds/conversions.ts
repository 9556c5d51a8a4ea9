import { autoscalerV1 } from "./autoscaler_v1.ts";
import type { Conversion } from "./conversion.ts";
import { eventV1 } from "./event_v1.ts";

/** Served versions that are not stored, by `group/version/resource`; with the resource, by `group/resource`, that stores them. */
export const conversions: Readonly<Record<string, { readonly stored: string; readonly conversion: Conversion }>> = {
  "autoscaling/v1/horizontalpodautoscalers": {
    stored: "autoscaling/horizontalpodautoscalers",
    conversion: autoscalerV1,
  },
  "events.k8s.io/v1/events": { stored: "/events", conversion: eventV1 },
};
