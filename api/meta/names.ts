/**
 * The syntax of names. Each check returns what is wrong in the words Kubernetes uses, which people search for and tools match
 * on; an empty list means the value is fine.
 */

const dns1123Label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = "[a-z]([-a-z0-9]*[a-z0-9])?";
const labelKey = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/** A syntax: its pattern, the words for it, examples, and the most characters it may have. */
interface Syntax {
  readonly pattern: RegExp;
  readonly message: string;
  readonly limit: number;
  readonly unit: "characters" | "bytes";
}

function syntax(
  pattern: string,
  words: string,
  examples: readonly string[],
  limit = Infinity,
  unit: Syntax["unit"] = "characters",
): Syntax {
  // The comma and the two spaces before "or" are upstream's, and texts that people paste into searches hold them.
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return {
    pattern: new RegExp(`^${pattern}$`),
    message: `${words} (e.g. ${shown}regex used for validation is '${pattern}')`,
    limit,
    unit,
  };
}

function check(value: string, { pattern, message, limit, unit }: Syntax): string[] {
  const errors: string[] = [];
  if (value.length > limit) errors.push(tooLong(limit, unit));
  if (!pattern.test(value)) errors.push(message);
  return errors;
}

/** All that these syntaxes allow is ASCII; upstream names either unit, and so do we. */
function tooLong(limit: number, unit: Syntax["unit"]): string {
  return `must be no more than ${limit} ${unit}`;
}

const maxLabelLength = 63;
const maxSubdomainLength = 253;

const dns1123LabelSyntax = syntax(
  dns1123Label,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  ["my-name", "123-abc"],
  maxLabelLength,
);
const dns1123SubdomainSyntax = syntax(
  dns1123Subdomain,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  ["example.com"],
  maxSubdomainLength,
);
const searchLabel = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const searchDomainSyntax = syntax(
  `${searchLabel}(\\.${searchLabel})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  ["example.com"],
  maxSubdomainLength,
);
const wildcardSubdomainSyntax = syntax(
  `\\*\\.${dns1123Subdomain}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  ["*.example.com"],
  maxSubdomainLength,
);
const dns1035LabelSyntax = syntax(
  dns1035Label,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  ["my-name", "abc-123"],
  maxLabelLength,
);
const labelKeySyntax = syntax(
  labelKey,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ["MyName", "my.name", "123-abc"],
);
const labelValueSyntax = syntax(
  `(${labelKey})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ["MyValue", "my_value", "12345"],
  maxLabelLength,
  "bytes",
);
const cIdentifierSyntax = syntax(
  "[A-Za-z_][A-Za-z0-9_]*",
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  ["my_name", "MY_NAME", "MyName"],
);
const configMapKeySyntax = syntax(
  "[-._a-zA-Z0-9]+",
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  ["key.name", "KEY_NAME", "key-name"],
  maxSubdomainLength,
);
const percentSyntax = syntax(
  "[0-9]+%",
  "a valid percent string must be a numeric string followed by an ending '%'",
  ["1%", "93%"],
);
const httpHeaderSyntax = syntax(
  "[-A-Za-z0-9]+",
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  ["X-Header-Name"],
);
const conditionReasonSyntax = syntax(
  "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"],
);

/** Namespaces, Pod ports' hosts, container names. */
export function checkDns1123Label(value: string): string[] {
  const errors = check(value, dns1123LabelSyntax);
  const dotted = errors.at(-1) === dns1123LabelSyntax.message && dns1123SubdomainSyntax.pattern.test(value);
  return dotted ? [...errors.slice(0, -1), "must not contain dots"] : errors;
}

/** Most object names. */
export function checkDns1123Subdomain(value: string): string[] {
  return check(value, dns1123SubdomainSyntax);
}

/** Domains that a Pod's name server looks for names in. */
export function checkSearchDomain(value: string): string[] {
  return check(value, searchDomainSyntax);
}

/** `*.example.com`, as an Ingress host may be. */
export function checkWildcardSubdomain(value: string): string[] {
  return check(value, wildcardSubdomainSyntax);
}

/** Service names. */
export function checkDns1035Label(value: string): string[] {
  return check(value, dns1035LabelSyntax);
}

/** Keys of labels and annotations, names of resources, taints and finalizers: `name` or `example.com/name`. */
export function checkQualifiedName(value: string): string[] {
  const [first = "", second, ...rest] = value.split("/", 3);
  if (rest.length > 0) {
    return [
      `a valid label key ${labelKeySyntax.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors: string[] = [];
  const name = second ?? first;
  if (second !== undefined) {
    const prefixErrors = first === "" ? ["must be non-empty"] : checkDns1123Subdomain(first);
    errors.push(...prefixErrors.map((error) => `prefix part ${error}`));
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (name.length > maxLabelLength) errors.push(`name part ${tooLong(maxLabelLength, "bytes")}`);
  errors.push(...check(name, labelKeySyntax).map((error) => `name part ${error}`));
  return errors;
}

export function checkLabelValue(value: string): string[] {
  return check(value, labelValueSyntax);
}

export function checkCIdentifier(value: string): string[] {
  return check(value, cIdentifierSyntax);
}

/** Any printable ASCII but `=`. */
export function checkEnvVarName(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Keys of ConfigMaps and Secrets: also a file's name, hence no `..`. */
export function checkConfigMapKey(value: string): string[] {
  const errors = check(value, configMapKeySyntax);
  if (value === "." || value === "..") errors.push(`must not be '${value}'`);
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** A port's name as a service name of RFC 6335, in lower case. */
export function checkPortName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(tooLong(15, "characters"));
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function checkPortNumber(port: number): string[] {
  return checkRange(port, 1, 65535);
}

/** A whole number from `low` to `high`, both included. */
export function checkRange(value: number, low: number, high: number): string[] {
  return Number.isInteger(value) && value >= low && value <= high
    ? []
    : [`must be between ${low} and ${high}, inclusive`];
}

export function checkPercent(value: string): string[] {
  return check(value, percentSyntax);
}

export function checkConditionReason(value: string): string[] {
  return check(value, conditionReasonSyntax);
}

export function checkHttpHeaderName(value: string): string[] {
  return check(value, httpHeaderSyntax);
}

/** What stands in a URL or a key of the datastore without breaking it: RBAC names may hold `:` and upper case, but no `/`. */
export function checkPathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((bad) => value.includes(bad)).map((bad) => `may not contain '${bad}'`);
}

/** Applies a check to a `generateName`, which may end in the hyphen that its suffix follows. */
export function checkNamePrefix(value: string, checkName: (value: string) => string[]): string[] {
  return checkName(value.length > 1 && value.endsWith("-") ? `${value.slice(0, -1)}a` : value);
}
