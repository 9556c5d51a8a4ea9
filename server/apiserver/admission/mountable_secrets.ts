import type { Container, EphemeralContainer, Pod, ServiceAccount } from "../../../api/types/core_v1.ts";

const annotation = "kubernetes.io/enforce-mountable-secrets";
const truths: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Which secret of a Pod its service account does not let it have, as a sentence; undefined when it may have all, or when the account does not care. */
export function forbiddenSecret(account: ServiceAccount, pod: Pod): string | undefined {
  if (!truths.has(account.metadata.annotations?.[annotation] ?? "")) return undefined;
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const { name: accountName = "" } = account.metadata;
  const refusal = (what: string, kind = "secret") =>
    `${what} is not allowed because service account ${accountName} does not reference that ${kind}`;
  for (const { secret } of pod.spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName)) {
      return refusal(`volume with secret.secretName="${secret.secretName ?? ""}"`);
    }
  }
  for (const [kind, containers] of containersOf(pod)) {
    for (const container of containers) {
      const use = usesOf(container).find(({ secret }) => !mountable.has(secret));
      if (use) {
        return refusal(`${kind} ${container.name} with ${use.by} referencing secret.secretName="${use.secret}"`);
      }
    }
  }
  for (const [index, { name = "" }] of (pod.spec.imagePullSecrets ?? []).entries()) {
    if (!pullable.has(name)) return refusal(`imagePullSecrets[${index}].name="${name}"`, "imagePullSecret");
  }
  return undefined;
}

function containersOf({ spec }: Pod): readonly (readonly [string, readonly (Container | EphemeralContainer)[]])[] {
  return [
    ["init container", spec.initContainers ?? []],
    ["container", spec.containers],
    ["ephemeral container", spec.ephemeralContainers ?? []],
  ];
}

function usesOf({ env = [], envFrom = [] }: Container | EphemeralContainer): { by: string; secret: string }[] {
  return [
    ...env.flatMap(({ name, valueFrom }) =>
      valueFrom?.secretKeyRef ? { by: `envVar ${name}`, secret: valueFrom.secretKeyRef.name ?? "" } : []
    ),
    ...envFrom.flatMap(({ secretRef }) => secretRef ? { by: "envFrom", secret: secretRef.name ?? "" } : []),
  ];
}
