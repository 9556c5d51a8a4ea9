import { X509Certificate } from "node:crypto";
import { parseTime } from "../../../api/meta/time.ts";
import { certificatesigningrequests } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { isIssued } from "./request_state.ts";

const hour = 3_600_000;
const pendingFor = 24 * hour;

/** Removes requests that nobody needs any more. */
export function certificateCleaner({ client, informers, clock }: ControllerContext): Controller {
  const requests = informers.informer(certificatesigningrequests);
  return {
    name: "certificate-cleaner",
    concurrency: 1,
    setup(enqueue) {
      requests.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
    },
    async reconcile(name, signal) {
      const request = requests.get(name);
      if (request === undefined) return DONE;
      const milliseconds = endOf(request) - clock.now();
      if (milliseconds > 0) return Number.isFinite(milliseconds) ? { outcome: "retryAfter", milliseconds } : DONE;
      const preconditions = { uid: request.metadata.uid ?? "" };
      try {
        await client.delete(certificatesigningrequests, { name }, { preconditions, signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return DONE;
    },
  };
}

/**
 * When a request is no longer kept: an hour after it was issued, denied or given up, or when its certificate expires; a day after it was made or
 * approved when nothing came of it. Infinity when it does not say when that was.
 */
export function endOf(request: CertificateSigningRequest): number {
  const conditions = request.status?.conditions ?? [];
  if (conditions.length === 0) return parseTime(request.metadata.creationTimestamp ?? "") + pendingFor;
  const issued = isIssued(request);
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    const at = lastUpdateTime ? parseTime(lastUpdateTime) : Infinity;
    if (type === "Denied" || type === "Failed") return at + hour;
    return type === "Approved" ? at + (issued ? hour : pendingFor) : Infinity;
  });
  return Math.min(...ends, issued ? expiryOf(request) : Infinity);
}

/** An authority outside the cluster may issue something that cannot be read here. */
function expiryOf({ status }: CertificateSigningRequest): number {
  try {
    return new X509Certificate(atob(status?.certificate ?? "")).validToDate.getTime();
  } catch {
    return Infinity;
  }
}
