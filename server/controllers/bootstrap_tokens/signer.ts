import { keyOf } from "../../../api/resource.ts";
import { configmaps, secrets } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { bootstrapTokenType, fieldsOf, hasExpired } from "../../apiserver/auth/bootstrap_tokens.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";

const namespace = "kube-public";
const name = "cluster-info";
const key = `${namespace}/${name}`;
const signaturePrefix = "jws-kubeconfig-";
const secretName = /^bootstrap-token-([a-z0-9]{6})$/;

/**
 * Signs the kubeconfig in `kube-public/cluster-info` with each bootstrap token that is for it: whoever joins with a token knows by that which cluster it is. The
 * ConfigMap is somebody else's, kubeadm's for example.
 */
export function bootstrapSigner({ client, informers, clock }: ControllerContext): Controller {
  const tokens = informers.informer(secrets, {
    namespace: "kube-system",
    fieldSelector: `type=${bootstrapTokenType}`,
  });
  const infos = informers.informer(configmaps, { namespace, fieldSelector: `metadata.name=${name}` });
  return {
    name: "bootstrap-signer",
    concurrency: 1,
    setup(enqueue) {
      tokens.onChange(() => enqueue(key));
      infos.onChange(({ object }) => enqueue(keyOf(object)));
    },
    async reconcile(_key, signal) {
      const info = infos.get(key);
      const { kubeconfig } = info?.data ?? {};
      if (info === undefined || kubeconfig === undefined) return DONE;
      const data = Object.fromEntries(
        Object.entries(info.data!).filter(([field]) => !field.startsWith(signaturePrefix)),
      );
      for (const { id, secret } of tokens.list().flatMap((token) => signingToken(token, clock.now()))) {
        data[signaturePrefix + id] = await detachedSignature(kubeconfig, id, secret);
      }
      if (sameFields(data, info.data!)) return DONE;
      try {
        await client.update(configmaps, { ...info, data }, { signal });
      } catch (error) {
        // What has changed meanwhile comes as an event.
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
      return DONE;
    },
  };
}

/** None for a Secret whose token is not for signing, or is over. */
function signingToken(token: Secret, now: number): { readonly id: string; readonly secret: string }[] {
  const data = fieldsOf(token);
  const [id, secret] = [data("token-id"), data("token-secret")];
  const named = secretName.exec(token.metadata.name ?? "")?.[1];
  if (id === "" || id !== named || secret === "" || data("usage-bootstrap-signing") !== "true") return [];
  return hasExpired(data("expiration"), now) ? [] : [{ id, secret }];
}

/** As RFC 7515, appendix F, describes it: a JWS whose content is elsewhere. */
async function detachedSignature(content: string, id: string, secret: string): Promise<string> {
  const { CompactSign } = await import("jose");
  const encoder = new TextEncoder();
  const jws = await new CompactSign(encoder.encode(content)).setProtectedHeader({ alg: "HS256", kid: id })
    .sign(encoder.encode(secret));
  const [header, , signature] = jws.split(".");
  return `${header}..${signature}`;
}

function sameFields(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  return Object.keys(one).length === Object.keys(other).length &&
    Object.entries(one).every(([field, value]) => other[field] === value);
}
