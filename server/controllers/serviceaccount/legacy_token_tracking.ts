import { configmaps } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { dayOf, isDay } from "./day.ts";
import { ensure } from "./per_namespace.ts";

const namespace = "kube-system";
const name = "kube-apiserver-legacy-service-account-token-tracking";

/** The ConfigMap that says since which day (`since`) the use of tokens in Secrets is noted. */
export const trackingTarget = { namespace, name } as const;
export const trackingScope = { namespace, fieldSelector: `metadata.name=${name}` } as const;

/** Keeps that ConfigMap: without it nobody could tell a token that is not used from one that nobody looked at. */
export function legacyTokenTracking({ client, informers, clock }: ControllerContext): Controller {
  const key = `${namespace}/${name}`;
  const maps = informers.informer(configmaps, trackingScope);
  return {
    name: "legacy-token-tracking",
    concurrency: 1,
    setup(enqueue) {
      enqueue(key);
      maps.onChange(() => enqueue(key));
    },
    async reconcile(_key, signal) {
      const current = maps.get(key);
      const since = dayOf(clock.now());
      if (current === undefined) {
        await ensure(client.create(configmaps, { metadata: { ...trackingTarget }, data: { since } }, { signal }));
      } else if (!isDay(current.data?.["since"])) {
        try {
          await client.update(configmaps, { ...current, data: { ...current.data, since } }, { signal });
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error;
        }
      }
      return DONE;
    },
  };
}
