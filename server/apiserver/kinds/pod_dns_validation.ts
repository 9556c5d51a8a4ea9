import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkSearchDomain } from "../../../api/meta/names.ts";
import type { PodSpec } from "../../../api/types/core_v1.ts";
import { checkLegacyIP } from "./addresses.ts";
import { checkText } from "./checks.ts";

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

/** What a Pod's `resolv.conf` gets of the spec. */
export function validateDnsConfig({ dnsPolicy, dnsConfig }: PodSpec, path: Path, errors: FieldError[]): void {
  if (dnsPolicy === "None" && !dnsConfig?.nameservers?.length) {
    errors.push(
      dnsConfig
        ? FieldError.required(
          path.child("nameservers"),
          "must provide at least one DNS nameserver when `dnsPolicy` is None",
        )
        : FieldError.required(path, "must provide `dnsConfig` when `dnsPolicy` is None"),
    );
    return;
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (nameservers.length > maxNameservers) {
    const detail = `must not have more than ${maxNameservers} nameservers`;
    errors.push(FieldError.invalid(path.child("nameservers"), nameservers, detail));
  }
  for (const [index, ip] of nameservers.entries()) {
    checkText(ip, path.child("nameservers").index(index), checkLegacyIP, errors);
  }
  if (searches.length > maxSearches) {
    const detail = `must not have more than ${maxSearches} search paths`;
    errors.push(FieldError.invalid(path.child("searches"), searches, detail));
  }
  if (searches.join(" ").length > maxSearchCharacters) {
    const detail = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`;
    errors.push(FieldError.invalid(path.child("searches"), searches, detail));
  }
  for (const [index, search] of searches.entries()) {
    if (search === ".") continue;
    checkText(search.replace(/\.$/, ""), path.child("searches").index(index), checkSearchDomain, errors);
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(FieldError.required(path.child("options").index(index), "must not be empty"));
  }
}
