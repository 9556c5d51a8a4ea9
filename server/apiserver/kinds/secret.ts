import { FieldError, root } from "../../../api/meta/field.ts";
import { checkConfigMapKey } from "../../../api/meta/names.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { checkText, own } from "./checks.ts";
import { base64Length, maxDataBytes, validateImmutable } from "./config_map.ts";
import { jsonObjectProblem } from "./json_problem.ts";
import type { Strategy } from "./strategy.ts";
import { pairProblem } from "./tls_pair.ts";

const opaque = "Opaque";
const accountToken = "kubernetes.io/service-account-token";
const accountName = "kubernetes.io/service-account.name";

/** Keys that a Secret of a type must have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

const sshKey = "ssh-privatekey";
/** Keys of which the value is a JSON object, by the type that has them. */
const jsonKeys: Readonly<Record<string, string>> = {
  "kubernetes.io/dockercfg": ".dockercfg",
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
};

export const secretStrategy: Strategy<Secret> = {
  defaults(secret) {
    secret.type ??= opaque;
    if (secret.stringData === undefined) return;
    secret.data = { ...secret.data };
    for (const [key, value] of Object.entries(secret.stringData)) {
      secret.data[key] = new TextEncoder().encode(value).toBase64();
    }
    delete secret.stringData;
  },
  validate({ metadata, type = opaque, data = {} }) {
    const errors: FieldError[] = [];
    let size = 0;
    for (const [key, value] of Object.entries(data)) {
      checkText(key, root("data").key(key), checkConfigMapKey, errors);
      size += base64Length(value);
    }
    if (size > maxDataBytes) errors.push(FieldError.tooLong(root("data"), maxDataBytes));
    for (const key of own(requiredKeys, type) ?? []) {
      if (!Object.hasOwn(data, key)) errors.push(FieldError.required(root("data").key(key)));
    }
    if (type === "kubernetes.io/ssh-auth" && !data[sshKey]) errors.push(FieldError.required(root("data").key(sshKey)));
    const jsonKey = own(jsonKeys, type);
    if (jsonKey !== undefined && Object.hasOwn(data, jsonKey)) {
      const problem = jsonObjectProblem(textOf(data[jsonKey]!));
      if (problem) errors.push(FieldError.invalid(root("data").key(jsonKey), "<secret contents redacted>", problem));
    }
    if (type === "kubernetes.io/basic-auth" && data.username === undefined && data.password === undefined) {
      errors.push(FieldError.required(root("data").key("username")), FieldError.required(root("data").key("password")));
    }
    if (type === accountToken && !metadata.annotations?.[accountName]) {
      errors.push(FieldError.required(root("metadata", "annotations").key(accountName)));
    }
    return errors;
  },
  validateUpdate(secret, old) {
    const errors = validateImmutable(secret, old, ["data"]);
    if (secret.type !== old.type) errors.push(FieldError.immutable(root("type"), secret.type));
    return errors;
  },
  warnings: pairWarnings,
  fields: {
    type: ({ type }) => type ?? "",
  },
};

/** What cannot be used would be found out only where it is. */
function pairWarnings({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const problem = pairProblem(textOf(data["tls.crt"] ?? ""), textOf(data["tls.key"] ?? ""));
  return problem ? [problem] : [];
}

function textOf(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}
