import { describe, expect, it } from "vitest";
import { schema } from "../../../../api/schema/schema.ts";
import { pathsOf } from "./operations.ts";
import { optionParameters } from "./parameters.ts";

const options = optionParameters(schema, () => undefined);

function pathsOfResource(group: string, resource: string) {
  const row = schema.resources().find((row) => row.group === group && row.resource === resource)!;
  return new Map(pathsOf(row, options).map((of) => [of.path, of]));
}

const names = (of: readonly { readonly name: string }[] | undefined) => of?.map(({ name }) => name).join(" ");

describe("pathsOf", () => {
  const pods = pathsOfResource("", "pods");
  const roles = pathsOfResource("rbac.authorization.k8s.io", "roles");
  const scope = "/api/v1/namespaces/{namespace}/pods";

  it("describes watches of old, streams, and what is behind a proxy", () => {
    expect([...roles.keys()].map((path) => path.replace("/apis/rbac.authorization.k8s.io/v1", ""))).toEqual([
      "/namespaces/{namespace}/roles",
      "/namespaces/{namespace}/roles/{name}",
      "/roles",
      "/watch/roles",
      "/watch/namespaces/{namespace}/roles",
      "/watch/namespaces/{namespace}/roles/{name}",
    ]);
    const methods = (path: string) => pods.get(`${scope}/{name}/${path}`)?.operations.map((of) => of.method).join(" ");
    expect(methods("exec")).toBe("get post");
    expect(methods("log")).toBe("get");
    expect(methods("proxy")).toBe("get put post delete options head patch");
    expect(methods("proxy/{path}")).toBe(methods("proxy"));
  });

  it("names and describes operations", () => {
    const rows: readonly (readonly [path: string, method: string, id: string, description: string])[] = [
      [scope, "get", "listCoreV1NamespacedPod", "list or watch objects of kind Pod"],
      [scope, "delete", "deleteCoreV1CollectionNamespacedPod", "delete collection of Pod"],
      [`${scope}/{name}`, "put", "replaceCoreV1NamespacedPod", "replace the specified Pod"],
      [
        `${scope}/{name}/status`,
        "patch",
        "patchCoreV1NamespacedPodStatus",
        "partially update status of the specified Pod",
      ],
      [`${scope}/{name}/eviction`, "post", "createCoreV1NamespacedPodEviction", "create eviction of a Pod"],
      [`${scope}/{name}/exec`, "post", "connectCoreV1PostNamespacedPodExec", "connect POST requests to exec of Pod"],
      [
        `${scope}/{name}/proxy/{path}`,
        "head",
        "connectCoreV1HeadNamespacedPodProxyWithPath",
        "connect HEAD requests to proxy of Pod",
      ],
      ["/api/v1/pods", "get", "listCoreV1PodForAllNamespaces", "list or watch objects of kind Pod"],
    ];
    for (const [path, method, id, description] of rows) {
      expect(pods.get(path)!.operations.find((of) => of.method === method)).toMatchObject({ id, description });
    }
    const watch = roles.get("/apis/rbac.authorization.k8s.io/v1/watch/roles")!.operations[0]!;
    expect(watch).toMatchObject({
      id: "watchRbacAuthorizationV1RoleListForAllNamespaces",
      tag: "rbacAuthorization_v1",
      answer: "event",
    });
    const [create] = pathsOfResource("networking.k8s.io", "ingresses").values();
    expect(create!.operations[1]!.description).toBe("create an Ingress");
    expect(pathsOfResource("", "endpoints").values().next().value!.operations[1]!.description).toBe("create Endpoints");
  });

  it("tells the parameters of every operation at the path, the others at the operation", () => {
    const rows: readonly (readonly [path: string, at: string, ofFirst: string])[] = [
      [`${scope}/{name}`, "name namespace pretty", ""],
      [`${scope}/{name}/binding`, "dryRun fieldManager fieldValidation name namespace pretty", ""],
      [`${scope}/{name}/exec`, "command container name namespace stderr stdin stdout tty", ""],
      [`${scope}/{name}/proxy/{path}`, "name namespace path path", ""],
    ];
    for (const [path, at, ofFirst] of rows) {
      expect(names(pods.get(path)!.parameters)).toBe(at);
      expect(names(pods.get(path)!.operations[0]!.parameters)).toBe(ofFirst);
    }
    expect(names(pods.get(`${scope}/{name}/log`)!.parameters)).not.toContain("sinceTime");
    const [list, , collection] = pods.get(scope)!.operations;
    expect(names(list!.parameters)).toContain("allowWatchBookmarks continue");
    expect(names(collection!.parameters)).toContain("propagationPolicy resourceVersion");
    expect(names(collection!.parameters)).not.toMatch(/\b(allowWatchBookmarks|watch)\b/);
    expect(names(pods.get("/api/v1/pods")!.parameters)).toContain("timeoutSeconds watch");
  });

  it("knows whose deletion answers with the object", () => {
    const answerOf = (paths: typeof pods, path: string) =>
      paths.get(path)!.operations.find((of) => of.action === "delete")!.answer;
    expect(answerOf(pods, `${scope}/{name}`)).toBe("object");
    expect(answerOf(roles, "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/{name}")).toBe("status");
  });
});
