import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { certificatesigningrequests } from "../../../api/resources.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { readCertificateRequest } from "../../pki/certificate_request.ts";
import { PkiError } from "../../pki/error.ts";
import { MASTERS_GROUP } from "../auth/access.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { refuse } from "./refuse.ts";

const { group, resource } = certificatesigningrequests;
const resources = [`${group}/${resource}`];

/** Notes on a certificate signing request who made it: approvers and signers go by that. */
export const certificateRequester: AdmissionPlugin = {
  name: "CertificateRequester",
  resources,
  mutate({ operation, subresource, object, user }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const { spec } = object as CertificateSigningRequest;
    const { username: _u, uid: _i, groups: _g, extra: _e, ...asked } = spec;
    (object as CertificateSigningRequest).spec = {
      ...asked,
      username: user.name,
      groups: [...user.groups],
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.extra
        ? { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }
        : {}),
    };
  },
};

/** Approving and denying wants the verb `approve` on the signer, beside the right to the subresource. */
export const certificateApproval: AdmissionPlugin = {
  name: "CertificateApproval",
  resources,
  validate(request, context) {
    if (request.operation !== "UPDATE" || request.subresource !== "approval") return;
    return requireSigner(request, context, "approve");
  },
};

/** Issuing, and giving up on it, wants the verb `sign` on the signer. */
export const certificateSigning: AdmissionPlugin = {
  name: "CertificateSigning",
  resources,
  validate(request, context) {
    if (request.operation !== "UPDATE" || request.subresource !== "status") return;
    const [before, after] = [request.old, request.object].map((one) => (one as CertificateSigningRequest).status);
    const same = before?.certificate === after?.certificate &&
      deepEqual(before?.conditions ?? [], after?.conditions ?? []);
    return same ? undefined : requireSigner(request, context, "sign");
  },
};

/** No signer of client certificates makes administrators. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  resources,
  validate(request) {
    if (request.operation !== "CREATE" || request.subresource !== "") return;
    const { spec } = request.object as CertificateSigningRequest;
    const signer = "kubernetes.io/kube-apiserver-client";
    if (spec.signerName !== signer) return;
    if (parsed(request, spec.request, "failed to parse CSR").organizations.includes(MASTERS_GROUP)) {
      throw refuse(request, `use of ${signer} signer with ${MASTERS_GROUP} group is not allowed`);
    }
  },
};

/** `request` is base64 of PEM. Throws a refusal that begins with `complaint` when it cannot be read. */
export function parsed(
  admission: AdmissionRequest,
  request: string,
  complaint: string,
): ReturnType<typeof readCertificateRequest> {
  try {
    return readCertificateRequest(atob(request));
  } catch (error) {
    if (!(error instanceof PkiError || error instanceof DOMException)) throw error;
    throw refuse(admission, `${complaint}: ${error.message}`);
  }
}

async function requireSigner(
  request: AdmissionRequest,
  { access }: AdmissionContext,
  verb: "approve" | "sign",
): Promise<void> {
  const { signerName } = (request.old as CertificateSigningRequest).spec;
  const signers = { group, version: "*", resource: "signers", subresource: "", namespace: "" };
  for (const name of [signerName, `${signerName.split("/")[0]}/*`]) {
    const asked = { user: request.user, verb, resource: { ...signers, name }, path: "" };
    if ((await access.authorize(asked)).allowed) return;
  }
  throw refuse(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}
