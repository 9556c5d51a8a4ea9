import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  serviceaccounts,
  volumeattachments,
} from "../../../../api/resources.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { UserInfo } from "../../contract.ts";
import { parseRequestInfo } from "../../http/request_info.ts";
import { requestAttributes } from "../request_attributes.ts";
import { nodeAuthorizer } from "./node_authorizer.ts";
import type { NodeGraph } from "./node_graph.ts";
import { nodeNamed, SecuredRegistry, userNamed } from "../testing/secured_registry.ts";

const pod = (name: string, nodeName: string, spec: Partial<Pod["spec"]> = {}, metadata: Pod["metadata"] = {}): Pod => ({
  metadata: { name, namespace: "team", ...metadata },
  spec: { nodeName, containers: [{ name: "c", image: "i" }], ...spec },
});

describe("nodeAuthorizer", () => {
  let secured: SecuredRegistry;
  beforeEach(async () => void (secured = await SecuredRegistry.open()));
  afterEach(async () => await secured[Symbol.asyncDispose]());

  async function ask(user: string, method: string, url: string): Promise<{ allowed: boolean; reason?: string }> {
    return await secured.access.authorize(requestAttributes(nodeNamed(user), parseRequestInfo(method, url)));
  }
  const may = async (user: string, method: string, url: string) => (await ask(user, method, url)).allowed;
  const inTeam = (rest: string) => `/api/v1/namespaces/team/${rest}`;

  it("tells a node without a name that it has none", async () => {
    const nameless = { name: "system:node:", groups: ["system:nodes"] };
    const decision = await nodeAuthorizer({} as NodeGraph).authorize({ user: nameless, verb: "get", path: "/" });
    expect(decision).toEqual({ allowed: false, reason: 'unknown node for user "system:node:"' });
  });

  it("follows what the Pods of a node refer to, as Pods come and go", async () => {
    expect(await may("n1", "GET", inTeam("secrets/s"))).toBe(false);
    await secured.admin.create(pods, pod("a", "n1", { volumes: [{ name: "v", secret: { secretName: "s" } }] }));
    await secured.admin.create(pods, pod("b", "n1", { imagePullSecrets: [{ name: "s" }] }));
    expect(await may("n1", "GET", inTeam("secrets/s"))).toBe(true);
    expect(await ask("n2", "GET", inTeam("secrets/s"))).toEqual({
      allowed: false,
      reason: "no relationship found between node 'n2' and this object",
    });
    expect(await may("n1", "GET", "/api/v1/namespaces/default/secrets/s")).toBe(false);
    await secured.admin.delete(pods, { namespace: "team", name: "a" }, { gracePeriodSeconds: 0 });
    expect(await may("n1", "GET", inTeam("secrets/s"))).toBe(true);
    await secured.admin.delete(pods, { namespace: "team", name: "b" }, { gracePeriodSeconds: 0 });
    expect(await may("n1", "GET", inTeam("secrets/s"))).toBe(false);
  });

  it("lets a node watch one object that it needs, and none that it does not", async () => {
    await secured.admin.create(
      pods,
      pod("a", "n1", { containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "m" } }] }] }),
    );
    const watch = (rest: string) => may("n1", "GET", inTeam(`configmaps?watch=1${rest}`));
    expect(await watch("&fieldSelector=metadata.name%3Dm")).toBe(true);
    expect(await watch("&fieldSelector=metadata.name%3Dother")).toBe(false);
    expect(await watch("&fieldSelector=metadata.name%3Dm&fieldSelector=metadata.name%3Dother")).toBe(true);
    expect(await watch("")).toBe(false);
    expect(await may("n1", "GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dm")).toBe(false);
    expect(await may("n1", "PUT", inTeam("configmaps/m"))).toBe(false);
    expect(await may("n1", "DELETE", inTeam("configmaps/m"))).toBe(false);
  });

  it("knows what comes later: ephemeral containers, claims, their volumes and the volumes' secrets", async () => {
    const claim = { persistentVolumeClaim: { claimName: "c" } };
    await secured.admin.create(pods, pod("a", "n1", { volumes: [{ name: "v", ...claim }] }));
    const resources = { requests: { storage: "1Gi" } };
    await secured.admin.create(persistentvolumeclaims, {
      metadata: { name: "c", namespace: "team" },
      spec: { accessModes: ["ReadWriteOnce"], resources, volumeName: "pv", storageClassName: "" },
    });
    await secured.admin.create(persistentvolumes, {
      metadata: { name: "pv" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        claimRef: { namespace: "team", name: "c" },
        csi: { driver: "d", volumeHandle: "h", nodeStageSecretRef: { namespace: "default", name: "stage" } },
      },
    });
    expect(await may("n1", "GET", inTeam("persistentvolumeclaims/c"))).toBe(true);
    expect(await may("n1", "PATCH", inTeam("persistentvolumeclaims/c/status"))).toBe(true);
    expect(await may("n1", "PATCH", inTeam("persistentvolumeclaims/c"))).toBe(false);
    expect([
      await may("n1", "GET", "/api/v1/persistentvolumes/pv"),
      await may("n2", "GET", "/api/v1/persistentvolumes/pv"),
    ]).toEqual([true, false]);
    const stage = "/api/v1/namespaces/default/secrets/stage";
    expect([await may("n1", "GET", stage), await may("n2", "GET", stage)]).toEqual([true, false]);
    expect(await may("n1", "GET", inTeam("secrets/debug"))).toBe(false);
    await secured.admin.patch(pods, { namespace: "team", name: "a" }, {
      type: "strategic",
      patch: {
        spec: { ephemeralContainers: [{ name: "d", image: "i", envFrom: [{ secretRef: { name: "debug" } }] }] },
      },
    }, { subresource: "ephemeralcontainers" });
    expect(await may("n1", "GET", inTeam("secrets/debug"))).toBe(true);
  });

  it("takes no mirror Pod for a proof", async () => {
    await secured.admin.create(
      pods,
      pod("m", "n1", { containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "m" } }] }] }, {
        annotations: { "kubernetes.io/config.mirror": "x" },
      }),
    );
    expect(await may("n1", "GET", inTeam("configmaps/m"))).toBe(false);
    expect(await may("n1", "GET", inTeam("pods/m"))).toBe(true);
  });

  it("opens Pods by the node that they are on", async () => {
    await secured.admin.create(pods, pod("a", "n1"));
    const list = (selector: string) =>
      may("n1", "GET", `/api/v1/pods?watch=1&fieldSelector=${encodeURIComponent(selector)}`);
    expect(await list("spec.nodeName=n1")).toBe(true);
    expect(await list("status.phase!=Failed,spec.nodeName=n1")).toBe(true);
    expect(await list("spec.nodeName=n2")).toBe(false);
    expect(await list("spec.nodeName!=n1")).toBe(false);
    expect(await list("metadata.name=a,spec.nodeName=n2")).toBe(false);
    expect(await list("spec.nodeName")).toBe(false);
    expect(await may("n1", "GET", "/api/v1/pods")).toBe(false);
    expect([await may("n1", "GET", inTeam("pods/a")), await may("n2", "GET", inTeam("pods/a"))]).toEqual([true, false]);
    expect([await may("n1", "GET", inTeam("pods/a/log")), await may("n1", "POST", inTeam("pods/a/exec"))]).toEqual([
      false,
      false,
    ]);
  });

  it("gives tokens of accounts that run there, leases and attachments of the node's own", async () => {
    await secured.admin.create(serviceaccounts, { metadata: { name: "robot", namespace: "team" } });
    await secured.admin.create(pods, pod("a", "n1", { serviceAccountName: "robot" }));
    expect([
      await may("n1", "POST", inTeam("serviceaccounts/robot/token")),
      await may("n2", "POST", inTeam("serviceaccounts/robot/token")),
    ]).toEqual([true, false]);
    expect(await may("n1", "POST", inTeam("serviceaccounts/default/token"))).toBe(false);
    const lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    expect([await may("n1", "PUT", `${lease}/n1`), await may("n1", "PUT", `${lease}/n2`)]).toEqual([true, false]);
    expect(await may("n1", "GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/n1")).toBe(false);
    await secured.admin.create(volumeattachments, {
      metadata: { name: "va" },
      spec: { attacher: "d", nodeName: "n1", source: { persistentVolumeName: "pv" } },
    });
    const attachment = "/apis/storage.k8s.io/v1/volumeattachments/va";
    expect([await may("n1", "GET", attachment), await may("n2", "GET", attachment)]).toEqual([true, false]);
  });

  it("takes nobody for a node who has its name or its group alone", async () => {
    const resource = { group: "", version: "v1", resource: "nodes", subresource: "status", namespace: "", name: "n1" };
    const mayReport = async (user: UserInfo) =>
      (await secured.access.authorize({ user, verb: "patch", resource, path: "" })).allowed;
    expect(await mayReport(userNamed("system:node:n1", "system:nodes"))).toBe(true);
    for (
      const user of [
        userNamed("system:node:n1"),
        userNamed("n1", "system:nodes"),
        userNamed("system:node:", "system:nodes"),
      ]
    ) {
      expect(await mayReport(user)).toBe(false);
    }
  });
});
