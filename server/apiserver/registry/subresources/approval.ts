import { recursiveDifference, setOf } from "../../../../api/patch/apply/field_set.ts";
import type { CertificateSigningRequest } from "../../../../api/types/certificates_v1.ts";
import { validateConditions, withTimestamps } from "../../kinds/certificate_conditions.ts";
import { type Facet, wholeObject } from "../facet.ts";
import { keepSystemMetadata } from "../metadata.ts";
import { validateMetadataUpdate } from "../metadata_validation.ts";
import type { Shelf } from "../system.ts";

const others = setOf(["f:spec"], ["f:status", "f:certificate"]);

/** Approval or denial of a certificate signing request: its conditions, and its metadata as upstream. */
export function approvalFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "approval",
    owns: (paths) => recursiveDifference(paths, others),
    merge(submitted, old) {
      const { status } = old as CertificateSigningRequest;
      const conditions = (submitted as CertificateSigningRequest).status?.conditions;
      const merged = { ...status };
      if (conditions === undefined) delete merged.conditions;
      else merged.conditions = withTimestamps(conditions, status?.conditions ?? [], shelf.system.clock.now());
      const metadata = { ...submitted.metadata };
      keepSystemMetadata(metadata, old.metadata);
      return { ...old, metadata, status: merged } as CertificateSigningRequest;
    },
    validate: (object, old) => [
      ...validateMetadataUpdate(shelf.row, shelf.strategy, object, old, "approval"),
      ...validateConditions(object as CertificateSigningRequest, old as CertificateSigningRequest, true),
    ],
  };
}
