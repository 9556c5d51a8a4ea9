import { formatTime } from "../../../api/meta/time.ts";
import { certificatesigningrequests, subjectaccessreviews } from "../../../api/resources.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { type CertificateRequest, readCertificateRequest } from "../../pki/certificate_request.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { is, isIssued } from "./request_state.ts";
import { checkKubeletClient, kubeletClientSigner } from "./signers.ts";

/** Requests that are approved without a person, for those who may create the subresource. */
const recognized: readonly {
  readonly subresource: string;
  readonly message: string;
  readonly matches: (request: CertificateSigningRequest, parsed: CertificateRequest) => boolean;
}[] = [
  {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
    matches: (request, parsed) => request.spec.username === parsed.commonName && isNodeClient(request, parsed),
  },
  {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
    matches: isNodeClient,
  },
];

function isNodeClient({ spec }: CertificateSigningRequest, parsed: CertificateRequest): boolean {
  return spec.signerName === kubeletClientSigner && checkKubeletClient(parsed, new Set(spec.usages)) === undefined;
}

/** Approves the client certificates of nodes, where roles say so. Everything else waits for a person. */
export function certificateApprover({ client, informers, clock }: ControllerContext): Controller {
  const requests = informers.informer(certificatesigningrequests);
  return {
    name: "certificate-approver",
    concurrency: 1,
    setup(enqueue) {
      requests.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
    },
    async reconcile(name, signal) {
      const request = requests.get(name);
      if (request === undefined || isIssued(request) || is(request, "Approved") || is(request, "Denied")) return DONE;
      if (request.spec.signerName !== kubeletClientSigner) return DONE;
      const parsed = readCertificateRequest(atob(request.spec.request));
      const matching = recognized.filter(({ matches }) => matches(request, parsed));
      for (const { subresource, message } of matching) {
        const { username: user = "", uid, groups, extra } = request.spec;
        const { status } = await client.create(subjectaccessreviews, {
          metadata: {},
          spec: {
            user,
            ...(uid === undefined ? {} : { uid }),
            ...(groups === undefined ? {} : { groups }),
            ...(extra === undefined ? {} : { extra }),
            resourceAttributes: {
              group: certificatesigningrequests.group,
              resource: certificatesigningrequests.resource,
              version: "*",
              verb: "create",
              subresource,
            },
          },
        }, { signal });
        if (!status?.allowed) continue;
        await client.update(certificatesigningrequests, approved(request, message, clock.now()), {
          subresource: "approval",
          signal,
        });
        return DONE;
      }
      if (matching.length === 0) return DONE;
      // A role may come to say so, or a person.
      return { outcome: "retry", reason: `no role lets ${request.spec.username} have its request approved` };
    },
  };
}

function approved(request: CertificateSigningRequest, message: string, now: number): CertificateSigningRequest {
  const condition = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message,
    lastUpdateTime: formatTime(now),
  };
  return {
    ...request,
    status: { ...request.status, conditions: [...request.status?.conditions ?? [], condition] },
  };
}
