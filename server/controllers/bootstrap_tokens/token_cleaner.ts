import { parseTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { secrets } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import { bootstrapTokenType, fieldsOf, hasExpired } from "../../apiserver/auth/bootstrap_tokens.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";

/** Deletes bootstrap tokens whose time is over. */
export function bootstrapTokenCleaner({ client, informers, clock }: ControllerContext): Controller {
  const scope = { namespace: "kube-system", fieldSelector: `type=${bootstrapTokenType}` };
  const tokens = informers.informer(secrets, scope);
  return {
    name: "bootstrap-token-cleaner",
    concurrency: 1,
    setup(enqueue) {
      tokens.onChange(({ object }) => enqueue(keyOf(object)));
    },
    async reconcile(key, signal) {
      const secret = tokens.get(key);
      const expiration = fieldsOf(secret)("expiration");
      if (secret === undefined || expiration === "") return DONE;
      if (!hasExpired(expiration, clock.now())) {
        return { outcome: "retryAfter", milliseconds: parseTime(expiration) - clock.now() };
      }
      const { namespace = "", name = "", uid = "" } = secret.metadata;
      try {
        await client.delete(secrets, { namespace, name }, { preconditions: { uid }, signal });
      } catch (error) {
        // One of the same name may have come after it.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      return DONE;
    },
  };
}
