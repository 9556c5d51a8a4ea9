import { ConfigurationReader } from "../../admission/configuration_reader.ts";

/** What the file says of one authorizer. */
export type AuthorizerEntry =
  | { readonly type: "Node" | "RBAC" | "AlwaysAllow" | "AlwaysDeny" }
  | {
    readonly type: "Webhook";
    readonly name: string;
    readonly kubeConfigFile: string;
    /** Milliseconds. */
    readonly timeout: number;
    /** Milliseconds; 0: answers are not kept. */
    readonly authorizedTtl: number;
    readonly unauthorizedTtl: number;
    readonly failurePolicy: "NoOpinion" | "Deny";
    readonly version: "v1" | "v1beta1";
    /** CEL, not compiled yet. */
    readonly matchConditions: readonly string[];
    /** An error that names the place of the expressions. */
    readonly refuse: (what: string) => Error;
  };

const simple = ["Node", "RBAC", "AlwaysAllow", "AlwaysDeny"] as const;
const maxTimeout = 30_000;
const maxConditions = 64;
const fiveMinutes = "5m0s";
const halfMinute = "30s";
const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads an `AuthorizationConfiguration` of `apiserver.config.k8s.io/v1`, as kube-apiserver takes it by `--authorization-config`; `document` is its parsed
 * YAML. Throws an error that says what is wrong and where.
 */
export function readAuthorizationConfiguration(document: unknown): readonly AuthorizerEntry[] {
  const at = new ConfigurationReader(document, "");
  at.requireKind("apiserver.config.k8s.io/v1", "AuthorizationConfiguration");
  at.allow("apiVersion", "kind", "authorizers");
  const items = at.items("authorizers");
  if (items.length === 0) throw at.error("authorizers", "has no entry: without one nobody but administrators gets in");
  const seen = new Set<string>();
  return items.map((item) => {
    item.allow("type", "name", "webhook");
    const type = item.text("type");
    const name = item.text("name");
    const unique = type === "Webhook" ? `${type} ${name}` : type;
    if (seen.has(unique)) throw item.error("type", `is a second ${unique}`);
    seen.add(unique);
    if (type === "Webhook") return webhook(item.child("webhook"), name);
    const known = simple.find((one) => one === type);
    if (known !== undefined) return { type: known };
    throw item.error("type", `is ${JSON.stringify(type)}; there are ${[...simple, "Webhook"].join(", ")}`);
  });
}

function webhook(at: ConfigurationReader, name: string): AuthorizerEntry {
  at.allow(
    "timeout",
    "authorizedTTL",
    "unauthorizedTTL",
    "subjectAccessReviewVersion",
    "matchConditionSubjectAccessReviewVersion",
    "failurePolicy",
    "connectionInfo",
    "matchConditions",
  );
  const version = at.text("subjectAccessReviewVersion");
  if (version !== "v1" && version !== "v1beta1") throw at.error("subjectAccessReviewVersion", "must be v1 or v1beta1");
  const matchConditions = conditions(at);
  const failurePolicy = at.text("failurePolicy");
  if (failurePolicy !== "NoOpinion" && failurePolicy !== "Deny") {
    throw at.error("failurePolicy", "must be NoOpinion or Deny");
  }
  const timeout = duration(at, "timeout");
  if (timeout <= 0 || timeout > maxTimeout) throw at.error("timeout", "must be above 0 and at most 30s");
  const connection = at.child("connectionInfo");
  connection.allow("type", "kubeConfigFile");
  if (connection.text("type") !== "KubeConfigFile") throw connection.error("type", "must be KubeConfigFile");
  return {
    type: "Webhook",
    name,
    kubeConfigFile: connection.text("kubeConfigFile"),
    timeout,
    authorizedTtl: duration(at, "authorizedTTL", fiveMinutes),
    unauthorizedTtl: duration(at, "unauthorizedTTL", halfMinute),
    failurePolicy,
    version,
    matchConditions,
    refuse: (what) => at.error("matchConditions", what),
  };
}

function conditions(at: ConfigurationReader): readonly string[] {
  const items = at.items("matchConditions");
  const version = at.text("matchConditionSubjectAccessReviewVersion", items.length > 0 ? undefined : "v1");
  if (version !== "v1") throw at.error("matchConditionSubjectAccessReviewVersion", "must be v1");
  if (items.length > maxConditions) throw at.error("matchConditions", `has more than ${maxConditions} entries`);
  const seen = new Set<string>();
  return items.map((item) => {
    item.allow("expression");
    const text = item.text("expression");
    if (text.trim() === "") throw item.error("expression", "is empty");
    if (seen.has(text)) throw item.error("expression", "is there twice");
    seen.add(text);
    return text;
  });
}

/** In Go's form, `1m30s`, to milliseconds. */
function duration(at: ConfigurationReader, field: string, fallback?: string): number {
  const text = at.text(field, fallback);
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw at.error(field, `is ${JSON.stringify(text)}, not a time like 1m30s`);
  }
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
    .reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
