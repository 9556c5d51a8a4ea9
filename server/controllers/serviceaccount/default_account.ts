import { namespaces, serviceaccounts } from "../../../api/resources.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { ensure, isActive } from "./per_namespace.ts";

const accountName = "default";

/** Each namespace has a ServiceAccount `default`, for Pods that name no other. */
export function serviceAccountController(context: ControllerContext): Controller {
  const spaces = context.informers.informer(namespaces);
  const accounts = context.informers.informer(serviceaccounts);
  return {
    name: "serviceaccount",
    concurrency: 1,
    setup(enqueue) {
      spaces.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
      accounts.onChange(({ type, object }) => {
        if (type === "deleted" && object.metadata.name === accountName) enqueue(object.metadata.namespace ?? "");
      });
    },
    async reconcile(namespace, signal) {
      if (!isActive(spaces.get(namespace)) || accounts.get(`${namespace}/${accountName}`) !== undefined) return DONE;
      await ensure(context.client.create(serviceaccounts, { metadata: { name: accountName, namespace } }, { signal }));
      return DONE;
    },
  };
}
