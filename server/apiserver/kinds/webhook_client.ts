/** How the API server reaches a webhook. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain, checkPortNumber } from "../../../api/meta/names.ts";
import type { ServiceReference, WebhookClientConfig } from "../../../api/types/admissionregistration_v1.ts";
import { requireText } from "./checks.ts";

const form = "; desired format: https://host[/path]";
/** Scheme, authority, path, query, fragment, as RFC 3986 divides a URI. */
const parts = /^(?:([^:/?#]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/;

export function validateWebhookClient(
  { url, service }: Partial<WebhookClientConfig>,
  path: Path,
  errors: FieldError[],
): void {
  if ((url === undefined) === (service === undefined)) {
    errors.push(FieldError.required(path, "exactly one of url or service is required"));
  } else if (url !== undefined) validateUrl(url, path.child("url"), errors);
  else validateService(service!, path.child("service"), errors);
}

function validateUrl(url: string, path: Path, errors: FieldError[]): void {
  const [, scheme = "", authority = "", , query = "", fragment = ""] = parts.exec(url)!;
  const at = authority.lastIndexOf("@");
  const [user, host] = [authority.slice(0, Math.max(at, 0)), authority.slice(at + 1)];
  const problem = problemWith(url, host);
  if (problem !== undefined) {
    const detail = `url must be a valid URL: parse ${JSON.stringify(url)}: ${problem}${form}`;
    errors.push(FieldError.required(path, detail));
    return;
  }
  const wrong = (value: string, detail: string) => errors.push(FieldError.invalid(path, value, detail));
  if (scheme.toLowerCase() !== "https") wrong(scheme, `'https' is the only allowed URL scheme${form}`);
  if (host === "") wrong(host, `host must be specified${form}`);
  if (at >= 0) wrong(user, "user information is not permitted in the URL");
  if (fragment !== "") wrong(fragment, "fragments are not permitted in the URL");
  if (query !== "") wrong(query, "query parameters are not permitted in the URL");
}

/** In the words of Go's `net/url`. */
function problemWith(url: string, host: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(url)) return "net/url: invalid control character in URL";
  if (url.startsWith(":")) return "missing protocol scheme";
  const escape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(url);
  if (escape) return `invalid URL escape ${JSON.stringify(escape[0])}`;
  const odd = /[ "\\^`{|}]/.exec(host);
  if (odd) return `invalid character ${JSON.stringify(odd[0])} in host name`;
  const port = host.startsWith("[") ? /\](.+)$/.exec(host)?.[1] : /:.*$/.exec(host)?.[0];
  if (port !== undefined && !/^:[0-9]*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  return undefined;
}

function validateService(
  { name, namespace, path: route = "", port = 0 }: ServiceReference,
  path: Path,
  errors: FieldError[],
): void {
  // Upstream calls the check with the two the wrong way round; both are only required.
  requireText(name, path.child("name"), errors);
  requireText(namespace, path.child("namespace"), errors);
  for (const problem of checkPortNumber(port)) {
    errors.push(FieldError.invalid(path.child("port"), port, `port is not valid: ${problem}`));
  }
  if (route !== "" && route !== "/") {
    for (const detail of problemsWithRoute(route)) errors.push(FieldError.invalid(path.child("path"), route, detail));
  }
}

function problemsWithRoute(route: string): string[] {
  if (route === "//") return ["segment[0] may not be empty"];
  const segments = route.slice(1).replace(/\/$/, "").split("/");
  return [
    ...route.startsWith("/") ? [] : ["must start with a '/'"],
    ...segments.flatMap((segment, index) =>
      segment === ""
        ? [`segment[${index}] may not be empty`]
        : checkDns1123Subdomain(segment).map((problem) => `segment[${index}]: ${problem}`)
    ),
  ];
}
