import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const minSeconds = 600;

export const certificateSigningRequestStrategy: Strategy<CertificateSigningRequest> = {
  defaults({ spec }) {
    spec.usages ??= ["digital signature", "key encipherment"];
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const path = specPath.child("request");
    if (requireText(spec.request, path, errors) && !isPem(spec.request)) {
      errors.push(FieldError.invalid(path, "<bytes>", "PEM block type must be CERTIFICATE REQUEST"));
    }
    if (
      requireText(spec.signerName, specPath.child("signerName"), errors) && !/^[^/\s]+\/[^\s]+$/.test(spec.signerName)
    ) {
      const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
      errors.push(FieldError.invalid(specPath.child("signerName"), spec.signerName, detail));
    }
    if (!spec.usages?.length) errors.push(FieldError.required(specPath.child("usages"), "usages is required"));
    if (spec.expirationSeconds !== undefined && spec.expirationSeconds < minSeconds) {
      const detail = "may not specify a duration less than 600 seconds (10 minutes)";
      errors.push(FieldError.invalid(specPath.child("expirationSeconds"), spec.expirationSeconds, detail));
    }
    return errors;
  },
  validateUpdate({ spec }, old) {
    return deepEqual(spec, old.spec) ? [] : [FieldError.immutable(specPath, spec)];
  },
  fields: {
    "spec.signerName": ({ spec }) => spec.signerName ?? "",
  },
};

function isPem(base64: string): boolean {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64)).includes("-----BEGIN CERTIFICATE REQUEST-----");
  } catch {
    return false;
  }
}
