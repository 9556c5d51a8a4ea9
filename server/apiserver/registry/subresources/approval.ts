import { FieldError, root } from "../../../../api/meta/field.ts";
import type { CertificateSigningRequest } from "../../../../api/types/certificates_v1.ts";
import { type Facet, wholeObject } from "../facet.ts";
import type { Shelf } from "../system.ts";

/** Approval or denial of a certificate signing request: its conditions alone. */
export function approvalFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "approval",
    merge(submitted, old) {
      const { status } = old as CertificateSigningRequest;
      const conditions = (submitted as CertificateSigningRequest).status?.conditions;
      const merged = { ...status };
      if (conditions === undefined) delete merged.conditions;
      else merged.conditions = conditions;
      return { ...old, metadata: { ...old.metadata }, status: merged } as CertificateSigningRequest;
    },
    validate(object) {
      const types = new Set((object as CertificateSigningRequest).status?.conditions?.map(({ type }) => type));
      if (!types.has("Approved") || !types.has("Denied")) return [];
      const path = root("status", "conditions");
      return [FieldError.invalid(path, "Denied", "Approved and Denied conditions are mutually exclusive")];
    },
  };
}
