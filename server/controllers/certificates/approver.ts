import { formatTime } from "../../../api/meta/time.ts";
import { certificatesigningrequests, subjectaccessreviews } from "../../../api/resources.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { keyHashOf } from "../../../client/certificate_request.ts";
import { nodeNameOf } from "../../apiserver/auth/node/node_identity.ts";
import { NodeIdentities } from "../../join/node_identities.ts";
import { type CertificateRequest, readCertificateRequest } from "../../pki/certificate_request.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { is, isIssued } from "./request_state.ts";
import { judgeServingNames, type ReservedNames } from "./serving_names.ts";
import {
  checkKubeletClient,
  checkKubeletServing,
  kubeletClientSigner,
  kubeletServingSigner,
  nodePrefix,
} from "./signers.ts";

/** Asked anew for each request. */
export type ReservedNamesSource = (signal: AbortSignal) => Promise<ReservedNames>;

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

/**
 * Approves the client certificates of nodes, where roles say so and the node's name is the requested key's, and the certificates that nodes serve
 * their own API with. Everything else waits for a person.
 */
export function certificateApprover(
  { client, informers, clock }: ControllerContext,
  reserved: ReservedNamesSource,
): Controller {
  const requests = informers.informer(certificatesigningrequests);
  const identities = new NodeIdentities(client);

  async function decide(request: CertificateSigningRequest, condition: Decision, signal: AbortSignal): Promise<Result> {
    await client.update(certificatesigningrequests, decided(request, condition, clock.now()), {
      subresource: "approval",
      signal,
    });
    return DONE;
  }

  async function ofClient(request: CertificateSigningRequest, signal: AbortSignal): Promise<Result> {
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
      const node = parsed.commonName.slice(nodePrefix.length);
      const refusal = await identities.claim(node, keyHashOf(parsed.publicKey), signal);
      return await decide(
        request,
        refusal === undefined
          ? { type: "Approved", reason: "AutoApproved", message }
          : { type: "Denied", reason: "OtherMachine", message: refusal },
        signal,
      );
    }
    if (matching.length === 0) return DONE;
    // A role may come to say so, or a person.
    return { outcome: "retry", reason: `no role lets ${request.spec.username} have its request approved` };
  }

  async function ofServer(request: CertificateSigningRequest, signal: AbortSignal): Promise<Result> {
    const { username: name = "", groups = [], usages } = request.spec;
    const node = nodeNameOf({ name, groups });
    const parsed = readCertificateRequest(atob(request.spec.request));
    if (node === undefined || parsed.commonName !== name) return DONE;
    if (checkKubeletServing(parsed, new Set(usages)) !== undefined) return DONE;
    const verdict = judgeServingNames(node, parsed, await reserved(signal));
    if (verdict.kind === "leave") return DONE;
    return await decide(
      request,
      verdict.kind === "approve"
        ? { type: "Approved", reason: "AutoApproved", message: "Auto approving a node's own serving certificate." }
        : { type: "Denied", reason: "ReservedName", message: verdict.message },
      signal,
    );
  }

  const deciders: Readonly<Record<string, typeof ofClient>> = {
    [kubeletClientSigner]: ofClient,
    [kubeletServingSigner]: ofServer,
  };
  return {
    name: "certificate-approver",
    concurrency: 1,
    setup(enqueue) {
      requests.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
    },
    async reconcile(name, signal) {
      const request = requests.get(name);
      if (request === undefined || isIssued(request) || is(request, "Approved") || is(request, "Denied")) return DONE;
      return await deciders[request.spec.signerName]?.(request, signal) ?? DONE;
    },
  };
}

interface Decision {
  readonly type: "Approved" | "Denied";
  readonly reason: string;
  readonly message: string;
}

function decided(request: CertificateSigningRequest, decision: Decision, now: number): CertificateSigningRequest {
  const condition = { ...decision, status: "True", lastUpdateTime: formatTime(now) };
  return {
    ...request,
    status: { ...request.status, conditions: [...request.status?.conditions ?? [], condition] },
  };
}
