import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";

export type ConditionType = "Approved" | "Denied" | "Failed";

/** Whether the condition is there and true. */
export function is(request: CertificateSigningRequest, type: ConditionType): boolean {
  return request.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ??
    false;
}

export function isIssued({ status }: CertificateSigningRequest): boolean {
  return (status?.certificate ?? "") !== "";
}
