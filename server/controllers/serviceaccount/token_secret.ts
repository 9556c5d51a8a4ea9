import { keyOf, type KubeObject } from "../../../api/resource.ts";
import { secrets, serviceaccounts } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import type { SecretTokenIssuer } from "../../apiserver/contract.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import type { CaBundle } from "./ca_bundle.ts";

export const tokenSecretType = "kubernetes.io/service-account-token";
export const accountNameAnnotation = "kubernetes.io/service-account.name";
export const accountUidAnnotation = "kubernetes.io/service-account.uid";
const byAccount = "service account";

export interface TokenSecretOptions {
  readonly tokenIssuer: SecretTokenIssuer;
  /** Goes into the Secret beside the token. */
  readonly caBundle: CaBundle;
}

function accountKeys({ metadata }: Secret): readonly string[] {
  const name = metadata.annotations?.[accountNameAnnotation];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

/** Fills Secrets that users made for a token of a ServiceAccount, and deletes those whose ServiceAccount is gone. */
export function tokenSecretController(
  context: ControllerContext,
  { tokenIssuer, caBundle }: TokenSecretOptions,
): Controller {
  const accounts = context.informers.informer(serviceaccounts);
  const tokens = context.informers.informer(secrets, { fieldSelector: `type=${tokenSecretType}` });
  return {
    name: "token-secret",
    concurrency: 1,
    setup(enqueue) {
      tokens.addIndex(byAccount, accountKeys);
      tokens.onChange(({ object }) => enqueue(keyOf(object)));
      caBundle.onChange(() => tokens.list().forEach((secret) => enqueue(keyOf(secret))), context.signal);
      const enqueueOf = (account: KubeObject) => {
        for (const secret of tokens.byIndex(byAccount, keyOf(account))) enqueue(keyOf(secret));
      };
      accounts.onChange(({ object }) => enqueueOf(object));
    },
    async reconcile(key, signal) {
      const secret = tokens.get(key);
      const [accountKey] = secret === undefined ? [] : accountKeys(secret);
      if (secret === undefined || accountKey === undefined || secret.metadata.deletionTimestamp !== undefined) {
        return DONE;
      }
      const { namespace = "", name = "", uid = "", annotations = {} } = secret.metadata;
      const account = accounts.get(accountKey)?.metadata;
      const given = annotations[accountUidAnnotation];
      if (account === undefined || (given !== undefined && given !== account.uid)) {
        // The informer may be behind: a Secret with its ServiceAccount in one manifest can be seen first.
        const live = await context.client.get(serviceaccounts, {
          namespace,
          name: annotations[accountNameAnnotation] ?? "",
        }, {
          signal,
        })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
            return undefined;
          });
        if (live !== undefined && (given === undefined || given === live.metadata.uid)) {
          return { outcome: "retry", reason: "the service account is not in view yet" };
        }
        await context.client.delete(secrets, { namespace, name }, { signal, preconditions: { uid } });
        return DONE;
      }
      const serviceAccount = { name: account.name ?? "", uid: account.uid ?? "" };
      const issue = async () => btoa(await tokenIssuer.issueForSecret({ namespace, serviceAccount, secret: name }));
      const data = {
        token: secret.data?.["token"] || await issue(),
        "ca.crt": btoa(caBundle.pem),
        namespace: btoa(namespace),
      };
      const filled = Object.entries(data).every(([field, value]) => secret.data?.[field] === value);
      if (filled && given === serviceAccount.uid) return DONE;
      const metadata = {
        ...secret.metadata,
        annotations: { ...annotations, [accountUidAnnotation]: serviceAccount.uid },
      };
      await context.client.update(secrets, { ...secret, metadata, data: { ...secret.data, ...data } }, { signal });
      return DONE;
    },
  };
}
