import { X509Certificate } from "node:crypto";
import { checkDns1123Subdomain } from "../../../../api/meta/names.ts";
import { ConfigurationReader } from "../../admission/configuration_reader.ts";
import type { AnonymousPaths } from "../authenticator.ts";
import type {
  Claim,
  ClaimValidationRule,
  Expression,
  IssuerConfiguration,
  JwtConfiguration,
  PrefixedClaim,
} from "../oidc/configuration.ts";

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtConfiguration[];
  /** Absent: as it is without a file. */
  readonly anonymous?: AnonymousPaths;
}

const versions = ["v1", "v1beta1"].map((version) => `apiserver.config.k8s.io/${version}`);
const maxIssuers = 64;

/**
 * Reads an `AuthenticationConfiguration` as kube-apiserver takes it by `--authentication-config`; `document` is its parsed YAML. Issuers of
 * `ownIssuers` are refused: they are this server's. Throws an error that says what is wrong and where.
 */
export function readAuthenticationConfiguration(
  document: unknown,
  ownIssuers: readonly string[],
): AuthenticationConfiguration {
  const at = new ConfigurationReader(document, "", "the authentication configuration");
  const version = at.text("apiVersion");
  at.requireKind(versions.includes(version) ? version : versions[0]!, "AuthenticationConfiguration");
  at.allow("apiVersion", "kind", "jwt", "anonymous");
  const items = at.items("jwt");
  if (items.length > maxIssuers) throw at.error("jwt", `has more than ${maxIssuers} entries`);
  const jwt = items.map(readJwt);
  const seen = new Set<string>();
  jwt.forEach(({ issuer: { url, discoveryUrl = "" } }, i) => {
    const issuer = items[i]!.child("issuer");
    if (ownIssuers.includes(url)) throw issuer.error("url", `is ${url}, the issuer of service-account tokens`);
    if (seen.has(url)) throw issuer.error("url", "is there twice");
    if (discoveryUrl !== "" && seen.has(`discovery ${discoveryUrl}`)) {
      throw issuer.error("discoveryURL", "is there twice");
    }
    seen.add(url).add(`discovery ${discoveryUrl}`);
  });
  return { jwt, ...(at.has("anonymous") ? { anonymous: readAnonymous(at.child("anonymous")) } : {}) };
}

function readAnonymous(at: ConfigurationReader): AnonymousPaths {
  at.allow("enabled", "conditions");
  const conditions = at.items("conditions").map((condition) => {
    condition.allow("path");
    return condition.text("path");
  });
  if (!at.flag("enabled")) {
    if (conditions.length > 0) throw at.error("conditions", "are of use only when enabled is true");
    return new Set();
  }
  return conditions.length === 0 ? "all" : new Set(conditions);
}

function readJwt(at: ConfigurationReader): JwtConfiguration {
  at.allow("issuer", "claimValidationRules", "claimMappings", "userValidationRules");
  const mappings = at.child("claimMappings");
  mappings.allow("username", "groups", "uid", "extra");
  const username = readPrefixed(mappings.child("username"));
  if (username === undefined) throw mappings.error("username", "needs a claim or an expression");
  const groups = readPrefixed(mappings.child("groups"));
  const uid = readUid(mappings.child("uid"));
  const [rules, userRules] = [at.items("claimValidationRules"), at.items("userValidationRules")];
  return {
    issuer: readIssuer(at.child("issuer")),
    claimValidationRules: unique(rules.map(readRule), (rule) => Object.values(rule)[0]!, at, "claimValidationRules"),
    claimMappings: {
      username,
      ...(groups && { groups }),
      ...(uid && { uid }),
      extra: unique(mappings.items("extra").map(readExtra), ({ key }) => key, mappings, "extra"),
    },
    userValidationRules: unique(userRules.map(readUserRule), (rule) => rule.expression, at, "userValidationRules"),
  };
}

function unique<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  at: ConfigurationReader,
  field: string,
): readonly T[] {
  const keys = rows.map(keyOf);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw at.error(field, `has ${JSON.stringify(twice)} twice`);
  return rows;
}

function readIssuer(at: ConfigurationReader): IssuerConfiguration {
  at.allow("url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy", "egressSelectorType");
  if (at.has("egressSelectorType")) throw at.error("egressSelectorType", "is not supported: leave it out");
  const url = httpsUrl(at, "url");
  const discoveryUrl = at.text("discoveryURL", "") === "" ? undefined : httpsUrl(at, "discoveryURL");
  if (discoveryUrl?.replace(/\/+$/, "") === url.replace(/\/+$/, "")) {
    throw at.error("discoveryURL", "must not be the issuer's own URL");
  }
  const audiences = at.texts("audiences");
  if (audiences.length === 0 || audiences.includes("")) {
    throw at.error("audiences", "needs at least one, none of them empty");
  }
  unique(audiences, (audience) => audience, at, "audiences");
  const policy = at.text("audienceMatchPolicy", "");
  if (policy !== "MatchAny" && (policy !== "" || audiences.length > 1)) {
    throw at.error("audienceMatchPolicy", "must be MatchAny; with one audience it may be left out");
  }
  const certificateAuthority = at.text("certificateAuthority", "");
  if (certificateAuthority !== "") requireCertificates(certificateAuthority, at);
  return {
    url,
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
    ...(certificateAuthority === "" ? {} : { certificateAuthority }),
    audiences,
  };
}

function httpsUrl(at: ConfigurationReader, field: string): string {
  const text = at.text(field);
  const problem = urlProblem(text);
  if (problem !== undefined) throw at.error(field, `is ${JSON.stringify(text)}: ${problem}`);
  return text;
}

/** What is wrong with a URL of an issuer. */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== "https:") return "it must be a URL that begins with https://";
  if (url.username !== "" || url.password !== "") return "it must hold no user name or password";
  return text.includes("?") || text.includes("#") ? "it must have neither a query nor a fragment" : undefined;
}

function requireCertificates(pem: string, at: ConfigurationReader): void {
  try {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new TypeError("it holds no certificate in PEM");
    for (const block of blocks) new X509Certificate(block);
  } catch (error) {
    throw at.error("certificateAuthority", `cannot be read: ${(error as Error).message}`);
  }
}

function readRule(at: ConfigurationReader): ClaimValidationRule {
  at.allow("claim", "requiredValue", "expression", "message");
  const claim = at.text("claim", "");
  const of = expressionIn(at, claim);
  if (of === undefined && claim === "") throw at.error("claim", "or expression is needed");
  for (const field of of === undefined ? ["message"] : ["requiredValue"]) {
    if (at.text(field, "") !== "") {
      throw at.error(field, `does not go with ${of === undefined ? "claim" : "expression"}`);
    }
  }
  return of === undefined
    ? { claim, requiredValue: at.text("requiredValue", "") }
    : { ...of, message: at.text("message", "") };
}

function readUserRule(at: ConfigurationReader): Expression & { readonly message: string } {
  at.allow("expression", "message");
  return { ...expressionOf(at, "expression"), message: at.text("message", "") };
}

function readPrefixed(at: ConfigurationReader): PrefixedClaim | Expression | undefined {
  at.allow("claim", "prefix", "expression");
  const claim = at.text("claim", "");
  const of = expressionIn(at, claim);
  if (of !== undefined) {
    if (at.has("prefix")) throw at.error("prefix", "does not go with expression");
    return of;
  }
  return claim === "" ? undefined : { claim, prefix: at.text("prefix") };
}

function readUid(at: ConfigurationReader): Claim | Expression | undefined {
  at.allow("claim", "expression");
  const claim = at.text("claim", "");
  return expressionIn(at, claim) ?? (claim === "" ? undefined : { claim });
}

function readExtra(at: ConfigurationReader): { readonly key: string; readonly valueExpression: Expression } {
  at.allow("key", "valueExpression");
  const key = at.text("key");
  const [domain = "", ...path] = key.split("/");
  const wrong = path.join("/") === "" || checkDns1123Subdomain(domain).length > 0 ||
    !/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path.join("/"));
  if (wrong) throw at.error("key", `is ${JSON.stringify(key)}, not a path with a domain such as example.org/tier`);
  if (key !== key.toLowerCase()) throw at.error("key", `is ${JSON.stringify(key)}: it must be in lower case`);
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(domain)) throw at.error("key", `is in ${domain}, which is Kubernetes' own`);
  return { key, valueExpression: expressionOf(at, "valueExpression") };
}

function expressionIn(at: ConfigurationReader, claim: string): Expression | undefined {
  if (at.text("expression", "") === "") return undefined;
  if (claim !== "") throw at.error("expression", "does not go with claim");
  return expressionOf(at, "expression");
}

function expressionOf(at: ConfigurationReader, field: string): Expression {
  const expression = at.text(field);
  if (expression.trim() === "") throw at.error(field, "is empty");
  return { expression, place: at.place(field) };
}
