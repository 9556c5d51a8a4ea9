import { resourcequotas } from "../../../../api/resources.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import type { LimitedResource } from "../../../quota/charge.ts";
import { evaluatorOf } from "../../../quota/evaluators.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "../contract.ts";
import { QuotaLedger } from "./ledger.ts";

/** Charges what is made and grown to the quotas of its namespace, and refuses what they have no room for. */
export function createResourceQuota(limited: readonly LimitedResource[] = []): AdmissionPlugin {
  const ledger = new QuotaLedger(limited);
  return {
    name: "ResourceQuota",
    validate(request, context) {
      if (request.namespace === "" || !hasObject(request)) return undefined;
      if (limited.length === 0 && !hasQuotas(request.namespace, context)) return undefined;
      const evaluator = evaluatorOf(request.row.group, request.row.resource);
      return evaluator?.charges(request) ? ledger.charge(request, evaluator, context) : undefined;
    },
  };
}

function hasObject(request: AdmissionRequest): request is AdmissionRequest & { readonly object: KubeObject } {
  return request.object !== undefined;
}

function hasQuotas(namespace: string, { lookup }: AdmissionContext): boolean {
  for (const _quota of lookup.all(resourcequotas, namespace)) return true;
  return false;
}
