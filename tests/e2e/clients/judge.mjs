// What programs do with the JavaScript client: an informer, a server-side apply, a command in a container, logs, an error.
import { PassThrough } from "node:stream";
import * as k8s from "@kubernetes/client-node";
import assert from "node:assert/strict";

const [image] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const namespace = "javascript";
await core.createNamespace({ body: { metadata: { name: namespace } } });

const informer = k8s.makeInformer(
  config,
  `/api/v1/namespaces/${namespace}/pods`,
  () => core.listNamespacedPod({ namespace }),
);
const running = new Promise((resolve, reject) => {
  informer.on("update", (pod) => pod.status?.phase === "Running" && resolve(pod));
  informer.on("error", reject);
});
await informer.start();
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace },
  spec: { containers: [{ name: "web", image, command: ["sh", "-c", "echo started; exec sleep 3600"] }] },
};
await objects.patch(pod, undefined, undefined, "judge", true, k8s.PatchStrategy.ServerSideApply);
assert.equal((await running).metadata.name, "web");
assert.equal(informer.get("web", namespace).status.phase, "Running");

const out = new PassThrough();
let text = "";
out.on("data", (chunk) => text += chunk);
const status = await new Promise((resolve, reject) => {
  new k8s.Exec(config)
    .exec(namespace, "web", "web", ["sh", "-c", "echo from javascript; exit 3"], out, null, null, false, resolve)
    .catch(reject);
});
assert.equal(text, "from javascript\n");
assert.equal(status.details.causes[0].message, "3");
assert.equal(await core.readNamespacedPodLog({ namespace, name: "web" }), "started\n");

const managers = (await core.readNamespacedPod({ namespace, name: "web" })).metadata.managedFields;
assert.ok(managers.some(({ manager, operation }) => manager === "judge" && operation === "Apply"));
await assert.rejects(core.readNamespacedSecret({ namespace, name: "none" }), (error) => error.code === 404);
await informer.stop();
await core.deleteNamespace({ name: namespace });
console.log("javascript: ok");
process.exit(0);
