/** What server-side apply costs in the registry, without HTTP and without a disk: `deno task bench apply`. */
import process from "node:process";
import { systemClock } from "../../api/clock.ts";
import { namespaces } from "../../api/resources.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { createInProcessClient } from "../../server/apiserver/in_process.ts";
import { openRegistry } from "../../server/apiserver/registry/open.ts";

const user = { name: "admin", groups: ["system:masters"] };
const options = { dryRun: false, fieldManager: "bench", fieldValidation: "Strict" } as const;
const count = 2_000;

export async function run(): Promise<void> {
  const datastore = openMemory();
  const registry = await openRegistry({
    datastore,
    clock: systemClock({ background: true }),
    tokenIssuer: { defaultAudiences: [], issue: () => Promise.reject(new Error("no tokens here")) },
  });
  await createInProcessClient(registry, user).create(namespaces, { metadata: { name: "default" }, spec: {} });
  const store = registry.store("apps", "v1", "deployments")!;
  const measure = async (what: string, patchOf: (i: number) => unknown) => {
    const apply = (i: number) =>
      store.patch({ user, warn: () => {} }, {
        namespace: "default",
        name: "web",
        type: "apply",
        patch: patchOf(i),
        options,
      });
    for (let i = 0; i < count / 4; i++) await apply(i);
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) await apply(i);
    const { user: inUser, system } = process.cpuUsage(before);
    console.log(`apply of a Deployment, ${what}: ${Math.round((inUser + system) / count)} us of CPU`);
  };
  await measure("nothing changes", () => deployment(1, true));
  await measure("one field changes", (i) => deployment(i % 7, true));
  await measure("elements come and go", (i) => deployment(1, i % 2 === 0));
  await registry.close();
  await datastore.close();
}

function deployment(replicas: number, more: boolean) {
  const env = [{ name: "A", value: "1" }, ...(more ? [{ name: "B", value: "2" }] : [])];
  const containers = ["web", "sidecar"].map((name, index) => ({
    name,
    image: "registry.example.com/team/web:1.2.3",
    ports: [{ containerPort: 8080 + index }],
    env,
    resources: { requests: { cpu: "100m", memory: "64Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
  }));
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}
