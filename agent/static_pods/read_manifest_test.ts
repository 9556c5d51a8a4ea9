import { describe, expect, it } from "vitest";
import { ManifestError, readManifest } from "./read_manifest.ts";

const path = "/manifests/web.yaml";

function pod(name: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  containers:
  - name: web
    image: web:1
    livenessProbe: {httpGet: {port: 80}}
`;
}

async function refusal(text: string): Promise<string> {
  try {
    await readManifest(text, path, "node1");
  } catch (error) {
    expect(error).toBeInstanceOf(ManifestError);
    return (error as Error).message;
  }
  throw new Error("was taken");
}

describe("readManifest", () => {
  it("makes a Pod of this node, with what the API server would have filled in", async () => {
    const { pods: [web], warnings } = await readManifest(pod("web"), path, "node1");
    expect(warnings).toEqual([]);
    expect(web!.metadata).toMatchObject({ name: "web-node1", namespace: "default" });
    expect(web!.metadata.annotations).toMatchObject({
      "kubernetes.io/config.source": "file",
      "kubernetes.io/config.hash": web!.metadata.uid,
    });
    expect(web!.spec).toMatchObject({ nodeName: "node1", restartPolicy: "Always", terminationGracePeriodSeconds: 30 });
    expect(web!.spec.containers[0]).toMatchObject({
      imagePullPolicy: "IfNotPresent",
      livenessProbe: { periodSeconds: 10, httpGet: { path: "/", port: 80 } },
    });
  });

  it("gives each content a uid of its own, and the same content the same", async () => {
    const uid = async (text: string) => (await readManifest(text, path, "node1")).pods[0]!.metadata.uid;
    expect(await uid(pod("web"))).toBe(await uid(pod("web")));
    expect(await uid(pod("web"))).not.toBe(await uid(pod("web").replace("web:1", "web:2")));
  });

  it("reads several documents, and JSON", async () => {
    const { pods } = await readManifest(`${pod("a")}---\n${pod("b")}`, path, "node1");
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(["a-node1", "b-node1"]);
    const json = JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "c" },
      spec: { containers: [{ name: "x", image: "y" }] },
    });
    expect((await readManifest(json, path, "node1")).pods.length).toBe(1);
  });

  it("says where a fault is", async () => {
    expect(await refusal("apiVersion: v1\nkind: Pod\nmetadata: {name: a\n")).toMatch(
      /^\/manifests\/web\.yaml:\d+:\d+: /,
    );
    expect(await refusal(pod("web").replace("image: web:1", "image: [1]"))).toMatch(
      /^\/manifests\/web\.yaml:7:\d+: .*image/,
    );
    expect(await refusal(pod("Web"))).toContain("metadata.name");
    expect(await refusal(pod("web").replace("kind: Pod", "kind: Secret"))).toContain("Secret");
  });

  it("lives with fields that no Pod has, and tells of them", async () => {
    const { pods, warnings } = await readManifest(pod("web").replace("spec:", "spec:\n  colour: red"), path, "node1");
    expect(pods.length).toBe(1);
    expect(warnings[0]).toMatch(/^\/manifests\/web\.yaml:5:\d+: unknown field "spec.colour"/);
  });
});
