import { configmaps, namespaces } from "../../../api/resources.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import type { CaBundle } from "./ca_bundle.ts";
import { ensure, isActive } from "./per_namespace.ts";

const name = "kube-root-ca.crt";
const descriptionAnnotation = "kubernetes.io/description";
const description =
  "The certificate authorities by which Pods verify the API server at its Service's name and address.";

/** Each namespace has a ConfigMap with the certificate authorities by which its Pods know the API server. */
export function rootCaController(context: ControllerContext, caBundle: CaBundle): Controller {
  const spaces = context.informers.informer(namespaces);
  const published = context.informers.informer(configmaps, { fieldSelector: `metadata.name=${name}` });
  return {
    name: "root-ca",
    concurrency: 1,
    setup(enqueue) {
      spaces.onChange(({ object }) => enqueue(object.metadata.name ?? ""));
      published.onChange(({ object }) => enqueue(object.metadata.namespace ?? ""));
      caBundle.onChange(() => spaces.list().forEach(({ metadata }) => enqueue(metadata.name ?? "")), context.signal);
    },
    async reconcile(namespace, signal) {
      if (!isActive(spaces.get(namespace))) return DONE;
      const data = { "ca.crt": caBundle.pem };
      const current = published.get(`${namespace}/${name}`);
      if (current === undefined) {
        const metadata = { name, namespace, annotations: { [descriptionAnnotation]: description } };
        await ensure(context.client.create(configmaps, { metadata, data }, { signal }));
      } else if (current.data?.["ca.crt"] !== caBundle.pem || Object.keys(current.data).length !== 1) {
        await context.client.update(configmaps, { ...current, data }, { signal });
      }
      return DONE;
    },
  };
}
