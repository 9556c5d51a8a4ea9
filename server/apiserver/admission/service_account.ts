import { randomSuffix } from "../../../api/meta/generate_name.ts";
import { serviceaccounts } from "../../../api/resources.ts";
import { objectsOf } from "../auth/node/pod_references.ts";
import type { Container, Pod, ServiceAccount, Volume } from "../../../api/types/core_v1.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { forbiddenSecret } from "./mountable_secrets.ts";
import { refuse } from "./refuse.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";
const tokenDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
const rootCertificates = "kube-root-ca.crt";
/** An hour and a little: upstream marks by it the tokens that it made itself. */
const tokenSeconds = 3607;
const fileMode = 0o644;
/** A namespace gets its `default` account a moment after it was made. */
const attempts = 10;
const attemptMilliseconds = 100;

/** Gives each Pod its service account, and that account's token where the Pod does not decline it. */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  resources: ["/pods"],
  mutate(request, context) {
    if (request.operation !== "CREATE" || request.subresource !== "") return;
    const pod = request.object as Pod;
    // The mirror of a static Pod was started without the API server: it has what the node gave it.
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return requirePlainMirror(request, pod);
    pod.spec.serviceAccountName ||= "default";
    pod.spec.serviceAccount = pod.spec.serviceAccountName;
    const account = context.lookup.find(serviceaccounts, request.namespace, pod.spec.serviceAccountName);
    if (account !== undefined) return use(account, pod, context);
    return wait(request, context, pod.spec.serviceAccountName).then((found) => use(found, pod, context));
  },
  validate(request, { lookup }) {
    const { operation, subresource, namespace } = request;
    const starts = operation === "CREATE" && subresource === "";
    if (!starts && (operation !== "UPDATE" || subresource !== "ephemeralcontainers")) return;
    const pod = request.object as Pod;
    const account = lookup.find(serviceaccounts, namespace, pod.spec.serviceAccountName ?? "");
    const detail = account && forbiddenSecret(account, pod);
    if (detail !== undefined) throw refuse(request, detail);
  },
};

function requirePlainMirror(request: AdmissionRequest, pod: Pod): void {
  const { spec } = pod;
  const refusal = (what: string) => refuse(request, `a mirror pod may not ${what}`);
  if (spec.serviceAccountName) throw refusal("reference service accounts");
  if ([...objectsOf(pod)].some((one) => one.startsWith("secrets/"))) throw refusal("reference secrets");
  const projections = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (projections.some(({ serviceAccountToken }) => serviceAccountToken)) {
    throw refusal("use ServiceAccountToken volume projections");
  }
}

async function wait(
  request: AdmissionRequest,
  { lookup, clock }: AdmissionContext,
  name: string,
): Promise<ServiceAccount> {
  const { namespace } = request;
  for (let attempt = name === "default" ? 0 : attempts; attempt < attempts; attempt++) {
    await new Promise<void>((resolve) => void clock.after(attemptMilliseconds, resolve));
    const account = lookup.find(serviceaccounts, namespace, name);
    if (account !== undefined) return account;
  }
  const detail = `error looking up service account ${namespace}/${name}: serviceaccount ${
    JSON.stringify(name)
  } not found`;
  throw refuse(request, detail);
}

function use(account: ServiceAccount, { spec }: Pod, { random }: AdmissionContext): void {
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
  }
  if (!(spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)) return;
  const without = [...spec.containers ?? [], ...spec.initContainers ?? []].filter((container) => !hasToken(container));
  if (without.length === 0) return;
  const name = volumePrefix + randomSuffix(5, random);
  spec.volumes = [...spec.volumes ?? [], tokenVolume(name)];
  for (const container of without) {
    container.volumeMounts = [...container.volumeMounts ?? [], { name, readOnly: true, mountPath: tokenDirectory }];
  }
}

function hasToken({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some(({ mountPath }) => mountPath?.replace(/\/+$/, "") === tokenDirectory);
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: fileMode,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: rootCertificates, items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
    },
  };
}
