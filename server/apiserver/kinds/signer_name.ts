import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";

const maxDomain = 253;
/** A domain, a namespace, an object's name, and what stands between them. */
const maxLength = 571;

/** What is wrong with a signer's name: `example.org/signer`, with subdomains on both sides. */
export function validateSignerName(name: string, path: Path): FieldError[] {
  const [domain = "", local, ...more] = name.split("/");
  if (local === undefined || more.length > 0) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [FieldError.invalid(path, name, detail)];
  }
  const labels = domain.split(".");
  const tooFew = "should be a domain with at least two segments separated by dots";
  return [
    ...domain.length > maxDomain ? [FieldError.tooLong(path, maxDomain)] : [],
    ...firstProblems(domain, labels, checkDns1123Label, path),
    ...labels.length < 2 ? [FieldError.invalid(path, domain, tooFew)] : [],
    ...firstProblems(local, local.split("."), checkDns1123Subdomain, path),
    ...name.length > maxLength ? [FieldError.tooLong(path, maxLength)] : [],
  ];
}

/** Of the first label that is wrong: the others would say the same. */
function firstProblems(
  whole: string,
  labels: readonly string[],
  check: (label: string) => string[],
  path: Path,
): FieldError[] {
  const wrong = labels.find((label) => check(label).length > 0);
  if (wrong === undefined) return [];
  return check(wrong).map((detail) =>
    FieldError.invalid(path, whole, `validating label ${JSON.stringify(wrong)}: ${detail}`)
  );
}
