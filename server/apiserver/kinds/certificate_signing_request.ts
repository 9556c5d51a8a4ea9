import { X509Certificate } from "node:crypto";
import { FieldError, root } from "../../../api/meta/field.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { readCertificateRequest } from "../../pki/certificate_request.ts";
import { knownUsages } from "../../pki/sign_request.ts";
import { validateConditions, withDecisions, withTimestamps } from "./certificate_conditions.ts";
import { requireText } from "./checks.ts";
import { validateSignerName } from "./signer_name.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const minSeconds = 600;
const legacySigner = "kubernetes.io/legacy-unknown";
export const certificateSigningRequestStrategy: Strategy<CertificateSigningRequest> = {
  // Whatever a client calls its request.
  checkName: () => [],
  // Who asks is written by the server, and conditions belong to whoever approves.
  resets: { object: [["f:spec"]], status: [["f:status", "f:conditions"]] },
  // Only its approval and its status change after it was made.
  prepareForUpdate(object, { spec }) {
    object.spec = structuredClone(spec);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const problem = problemWith(spec.request ?? "");
    if (problem !== undefined) {
      // Upstream shows bytes that are not there as null.
      errors.push(FieldError.invalid(specPath.child("request"), spec.request ?? null, problem));
    }
    validateUsages(spec.usages ?? [], errors);
    validateSigner(spec.signerName, errors);
    if (spec.expirationSeconds !== undefined && spec.expirationSeconds < minSeconds) {
      const detail = "may not specify a duration less than 600 seconds (10 minutes)";
      errors.push(FieldError.invalid(specPath.child("expirationSeconds"), spec.expirationSeconds, detail));
    }
    return errors;
  },
  prepareForStatusUpdate(object, old, now) {
    const { conditions } = object.status ?? {};
    if (conditions) {
      const before = old.status?.conditions ?? [];
      const kept = withDecisions(conditions, before);
      object.status = { ...object.status, conditions: withTimestamps(kept, before, now) };
    }
  },
  validateStatusUpdate(object, old) {
    const errors = validateConditions(object, old, false);
    const { certificate = "" } = object.status ?? {};
    const before = old.status?.certificate ?? "";
    if (certificate === before) return errors;
    const path = root("status", "certificate");
    if (before !== "") errors.push(FieldError.forbidden(path, "updates may not modify existing certificate content"));
    const problem = certificate === "" ? undefined : problemWithCertificate(certificate);
    if (problem !== undefined) errors.push(FieldError.invalid(path, "<certificate data>", problem));
    return errors;
  },
  fields: {
    "spec.signerName": ({ spec }) => spec.signerName ?? "",
  },
};

function validateUsages(usages: readonly string[], errors: FieldError[]): void {
  const path = specPath.child("usages");
  if (usages.length === 0) errors.push(FieldError.required(path));
  for (const [index, usage] of usages.entries()) {
    if (!knownUsages.includes(usage)) errors.push(FieldError.notSupported(path.index(index), usage, knownUsages));
  }
  for (const [index, usage] of usages.entries()) {
    if (usages.indexOf(usage) < index) errors.push(FieldError.duplicate(path.index(index), usage));
  }
}

function validateSigner(name: string | undefined, errors: FieldError[]): void {
  const path = specPath.child("signerName");
  if (!requireText(name, path, errors)) return;
  if (name === legacySigner) {
    errors.push(FieldError.invalid(path, name, "the legacy signerName is not allowed via this API version"));
  } else errors.push(...validateSignerName(name!, path));
}

function problemWith(request: string): string | undefined {
  try {
    readCertificateRequest(atob(request));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const block = /-----BEGIN ([^-]+)-----[^-]*-----END \1-----/g;

/** `certificate` is base64 of PEM: one certificate or a chain. */
function problemWithCertificate(certificate: string): string | undefined {
  let pem: string;
  try {
    pem = atob(certificate);
  } catch {
    return "must be base64";
  }
  const blocks = [...pem.matchAll(block)];
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const [text, type] of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    try {
      new X509Certificate(text);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}
