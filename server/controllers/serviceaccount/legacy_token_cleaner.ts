import { getLogger } from "@logtape/logtape";
import { parseTime } from "../../../api/meta/time.ts";
import { configmaps, pods, secrets, serviceaccounts } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { invalidSinceLabel, lastUsedLabel } from "../../apiserver/auth/legacy_tokens.ts";
import { objectsOf, reference } from "../../apiserver/auth/node/pod_references.ts";
import type { Controller, ControllerContext } from "../contract.ts";
import { DAY, dayOf, isDay } from "./day.ts";
import { trackingScope, trackingTarget } from "./legacy_token_tracking.ts";
import { accountNameAnnotation, accountUidAnnotation, tokenSecretType } from "./token_secret.ts";

/** How long nobody may have used a token, and then how long it stays marked, before it goes: upstream's year. */
const unusedTime = 365 * DAY;

const logger = getLogger(["skiff", "controllers"]);

/**
 * Deletes the tokens in Secrets that older versions made for every ServiceAccount, and that nobody uses. First they are marked as invalid, which refuses them
 * and can be undone; those are deleted that have been marked for as long again. What users have made themselves stays.
 */
export function legacyTokenCleaner({ client, informers, clock }: ControllerContext): Controller {
  const tokens = informers.informer(secrets, { fieldSelector: `type=${tokenSecretType}` });
  const accounts = informers.informer(serviceaccounts);
  const users = informers.informer(pods);
  const tracking = informers.informer(configmaps, trackingScope);

  /** Whether it was made for its ServiceAccount, which then names it. */
  function isGenerated({ metadata: { namespace = "", name, annotations = {} } }: Secret): boolean {
    const account = accounts.get(`${namespace}/${annotations[accountNameAnnotation]}`);
    const uid = annotations[accountUidAnnotation];
    if (account === undefined || (uid && uid !== account.metadata.uid)) return false;
    return account.secrets?.some((secret) => secret.name === name) ?? false;
  }

  async function clean(secret: Secret, now: number, signal: AbortSignal): Promise<void> {
    const { namespace = "", name = "", uid = "", resourceVersion = "", labels = {} } = secret.metadata;
    const since = labels[invalidSinceLabel];
    if (!isDay(since)) {
      const patch = { metadata: { uid, labels: { [invalidSinceLabel]: dayOf(now) } } };
      await client.patch(secrets, { namespace, name }, { type: "merge", patch }, { signal });
    } else if (since < dayOf(now - unusedTime)) {
      await client.delete(secrets, { namespace, name }, { signal, preconditions: { uid, resourceVersion } });
      logger.info("the token {namespace}/{name} of a service account, not used for long, is deleted", {
        namespace,
        name,
      });
    }
  }

  return {
    name: "legacy-token-cleaner",
    concurrency: 1,
    setup(enqueue) {
      tracking.onChange(() => enqueue("all"));
    },
    async reconcile(_key, signal) {
      const now = clock.now();
      const again = { outcome: "retryAfter", milliseconds: DAY } as const;
      const since = tracking.get(`${trackingTarget.namespace}/${trackingTarget.name}`)?.data?.["since"];
      // The use of tokens is known from the day after that one on.
      if (!isDay(since) || now < Date.parse(since) + DAY + unusedTime) return again;
      const unused = tokens.list().filter((secret) => isUnused(secret, now) && isGenerated(secret));
      if (unused.length === 0) return again;
      const mounted = new Set(users.list().flatMap((pod) => [...objectsOf(pod)]));
      for (const secret of unused) {
        const { namespace = "", name = "" } = secret.metadata;
        if (mounted.has(reference("secrets", namespace, name))) continue;
        await clean(secret, now, signal).catch((error: unknown) => {
          if (!isConflict(error) && !isNotFound(error)) throw error;
        });
      }
      return again;
    },
  };
}

function isUnused(
  { metadata: { creationTimestamp = "", deletionTimestamp, labels = {} } }: Secret,
  now: number,
): boolean {
  if (deletionTimestamp !== undefined || parseTime(creationTimestamp) >= now - unusedTime) return false;
  const lastUsed = labels[lastUsedLabel];
  // A day that cannot be read tells nothing.
  return lastUsed === undefined || (isDay(lastUsed) && lastUsed < dayOf(now - unusedTime));
}
