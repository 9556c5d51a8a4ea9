import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCluster } from "./cluster.ts";

const manifest = (fields: { name: string; replicas?: number; image?: string; labels?: string }) => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${fields.name}
  labels: {app: web${fields.labels ?? ""}}
spec:
${fields.replicas === undefined ? "" : `  replicas: ${fields.replicas}`}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${fields.image ?? "web:1"}
        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]
        resources: {requests: {cpu: 1000m}}
`;

/** What people do with server-side apply, done by the real kubectl. */
describe("kubectl apply --server-side", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ flags: ["--disable-agent"] });
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  const serverSide = (text: string, ...args: string[]) =>
    cluster.tryKubectl(["apply", "--server-side", "-f", "-", ...args], text);

  it("creates, changes nothing, changes, and prunes", async () => {
    expect((await serverSide(manifest({ name: "a", replicas: 2, labels: ", tier: x" }))).stdout).toBe(
      "deployment.apps/a serverside-applied\n",
    );
    const generation = () => cluster.jsonpath("deployment a", "{.metadata.generation}");
    expect(await generation()).toBe("1");
    await serverSide(manifest({ name: "a", replicas: 2, labels: ", tier: x" }));
    expect(await generation()).toBe("1");
    await serverSide(manifest({ name: "a", image: "web:2" }));
    expect(await cluster.jsonpath("deployment a", "{.spec.replicas} {.metadata.labels}")).toBe('1 {"app":"web"}');
  });

  it("tells of conflicts, and forces its way", async () => {
    await serverSide(manifest({ name: "b", replicas: 2 }));
    await cluster.kubectl("scale", "deployment", "b", "--replicas=5");
    const refused = await serverSide(manifest({ name: "b", replicas: 2 }));
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([
      1,
      'error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    ]);
    const forced = await serverSide(manifest({ name: "b", replicas: 2 }), "--force-conflicts");
    expect(forced.code).toBe(0);
    expect(await cluster.jsonpath("deployment b", "{.spec.replicas}")).toBe("2");
    const other = await serverSide(manifest({ name: "b", image: "web:9" }), "--field-manager=other");
    expect(other.stderr).toContain(
      'conflict with "kubectl": .spec.template.spec.containers[name="web"].image',
    );
  });

  it("refuses what the schema does not know", async () => {
    const refused = await serverSide(manifest({ name: "c", replicas: 2 }).replace("replicas", "replicass"));
    expect(refused.stderr).toContain(
      "failed to create typed patch object (default/c; apps/v1, Kind=Deployment): .spec.replicass: field not declared in schema",
    );
    const twice = await serverSide(`${manifest({ name: "c" })}\nspec: {}\n`);
    expect(twice.code).toBe(1);
  });

  it("shows a difference and a dry run without changing anything", async () => {
    await serverSide(manifest({ name: "d", replicas: 2 }));
    const difference = await cluster.tryKubectl(
      ["diff", "--server-side", "-f", "-"],
      manifest({ name: "d", replicas: 3 }),
    );
    expect([
      difference.code,
      difference.stdout.includes("\n-  replicas: 2\n"),
      difference.stdout.includes("\n+  replicas: 3\n"),
    ])
      .toEqual([1, true, true]);
    const none = await cluster.tryKubectl(["diff", "--server-side", "-f", "-"], manifest({ name: "d", replicas: 2 }));
    expect([none.code, none.stdout]).toEqual([0, ""]);
    const dry = await serverSide(
      manifest({ name: "d", replicas: 4 }),
      "--dry-run=server",
      "-o",
      "jsonpath={.spec.replicas}",
    );
    expect(dry.stdout).toBe("4");
    expect(await cluster.jsonpath("deployment d", "{.spec.replicas}")).toBe("2");
  });

  it("takes over from client-side apply, and the other way round", async () => {
    await cluster.apply(manifest({ name: "e", replicas: 2 }));
    expect((await serverSide(manifest({ name: "e", replicas: 3, image: "web:2" }))).code).toBe(0);
    const fields = await cluster.jsonpath(
      "deployment e",
      "{.metadata.managedFields[*].manager}",
      "--show-managed-fields",
    );
    expect(fields.split(" ")).not.toContain("kubectl-client-side-apply");
    const annotation = await cluster.kubectl("apply", "view-last-applied", "deployment/e", "-o", "json");
    expect(JSON.parse(annotation).spec.replicas).toBe(3);
    await cluster.apply(manifest({ name: "e", replicas: 4, image: "web:2" }));
    expect(await cluster.jsonpath("deployment e", "{.spec.replicas}")).toBe("4");
  });

  it("applies a status by itself", async () => {
    await serverSide(manifest({ name: "f", replicas: 0 }));
    const status = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: f}
status:
  conditions: [{type: Mine, status: "True", reason: Because}]
`;
    const applied = await serverSide(status, "--subresource=status", "--field-manager=reporter");
    expect([applied.code, applied.stderr]).toEqual([0, ""]);
    expect(await cluster.jsonpath("deployment f", '{.status.conditions[?(@.type=="Mine")].reason}')).toBe("Because");
  });

  it("hides managedFields until someone asks", async () => {
    await serverSide(manifest({ name: "g" }));
    expect(await cluster.kubectl("get", "deployment", "g", "-o", "yaml")).not.toContain("managedFields");
    const shown = await cluster.kubectl("get", "deployment", "g", "-o", "yaml", "--show-managed-fields");
    expect(shown).toContain("manager: kubectl\n    operation: Apply");
    expect(shown).toContain('k:{"containerPort":80,"protocol":"UDP"}:');
  });

  it("of managers of their own fields never conflicts", async () => {
    const configMap = (key: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: shared}
data: {${key}: "1"}
`;
    for (const manager of ["ann", "bob", "cid"]) {
      expect((await serverSide(configMap(manager), `--field-manager=${manager}`)).code).toBe(0);
    }
    expect(await cluster.jsonpath("configmap shared", "{.data}")).toBe('{"ann":"1","bob":"1","cid":"1"}');
    await serverSide("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n", "--field-manager=bob");
    expect(await cluster.jsonpath("configmap shared", "{.data}")).toBe('{"ann":"1","cid":"1"}');
  });
});
