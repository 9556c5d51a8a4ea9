import { formatTime } from "../../../api/meta/time.ts";
import { certificatesigningrequests } from "../../../api/resources.ts";
import type { CertificateSigningRequest, CertificateSigningRequestStatus } from "../../../api/types/certificates_v1.ts";
import { type CertificateRequest, readCertificateRequest } from "../../pki/certificate_request.ts";
import type { Wanted } from "../../pki/sign_request.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { is, isIssued } from "./request_state.ts";
import { signers } from "./signers.ts";

/** Signs with the cluster's authority; the answer is PEM. */
export type SignRequest = (request: CertificateRequest, wanted: Wanted) => string;

const year = 365 * 86_400_000;
const shortest = 600_000;

/** Issues what was approved, for Kubernetes' own signers. */
export function certificateSigner({ client, informers, clock }: ControllerContext, sign: SignRequest): Controller {
  const requests = informers.informer(certificatesigningrequests);
  return {
    name: "certificate-signer",
    concurrency: 1,
    setup(enqueue) {
      requests.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
    },
    async reconcile(name, signal) {
      const request = requests.get(name);
      if (request === undefined || isIssued(request) || !is(request, "Approved") || is(request, "Failed")) return DONE;
      const check = signers.get(request.spec.signerName);
      if (check === undefined) return DONE;
      const { spec: { request: pem, usages = [], expirationSeconds } } = request;
      const parsed = readCertificateRequest(atob(pem));
      const problem = check(parsed, new Set(usages));
      const status = problem === undefined
        ? { certificate: btoa(sign(parsed, { usages, lifetime: lifetimeOf(expirationSeconds) })) }
        : { conditions: [...request.status?.conditions ?? [], failed(problem, clock.now())] };
      await client.update(certificatesigningrequests, withStatus(request, status), { subresource: "status", signal });
      return DONE;
    },
  };
}

function withStatus(
  request: CertificateSigningRequest,
  status: CertificateSigningRequestStatus,
): CertificateSigningRequest {
  return { ...request, status: { ...request.status, ...status } };
}

function failed(message: string, now: number) {
  return {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: formatTime(now),
  };
}

function lifetimeOf(seconds: number | undefined): number {
  return seconds === undefined ? year : Math.min(Math.max(seconds * 1000, shortest), year);
}
