import { setOf } from "../../../../api/patch/apply/field_set.ts";
import type { CertificateSigningRequest } from "../../../../api/types/certificates_v1.ts";
import { validateConditions, withTimestamps } from "../../kinds/certificate_conditions.ts";
import { type Facet, wholeObject, within } from "../facet.ts";
import type { Shelf } from "../system.ts";

/** Approval or denial of a certificate signing request: its conditions alone. */
export function approvalFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "approval",
    owns: within(setOf(["f:status", "f:conditions"])),
    merge(submitted, old) {
      const { status } = old as CertificateSigningRequest;
      const conditions = (submitted as CertificateSigningRequest).status?.conditions;
      const merged = { ...status };
      if (conditions === undefined) delete merged.conditions;
      else merged.conditions = withTimestamps(conditions, status?.conditions ?? [], shelf.system.clock.now());
      return { ...old, metadata: { ...old.metadata }, status: merged } as CertificateSigningRequest;
    },
    validate: (object, old) =>
      validateConditions(object as CertificateSigningRequest, old as CertificateSigningRequest, true),
  };
}
