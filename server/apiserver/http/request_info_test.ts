import { describe, expect, it } from "vitest";
import { parseRequestInfo } from "./request_info.ts";

interface Expected {
  verb: string;
  group?: string;
  namespace?: string;
  resource?: string;
  name?: string;
  subresource?: string;
  rest?: string;
  fieldSelector?: string;
  labelSelector?: string;
}

const cases: [method: string, url: string, expected: Expected][] = [
  ["GET", "/api/v1/pods", { verb: "list", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=true", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=1&limit=5", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=false", { verb: "list", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=False", { verb: "list", resource: "pods" }],
  ["GET", "/api/v1/watch/pods", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/watch/namespaces/a/pods/x", { verb: "watch", resource: "pods", namespace: "a", name: "x" }],
  ["GET", "/api/v1/namespaces/a/pods/x", { verb: "get", resource: "pods", namespace: "a", name: "x" }],
  ["HEAD", "/api/v1/namespaces/a/pods/x", { verb: "get", resource: "pods", namespace: "a", name: "x" }],
  ["GET", "/api/v1/namespaces/a/pods/x/log", {
    verb: "get",
    resource: "pods",
    namespace: "a",
    name: "x",
    subresource: "log",
  }],
  ["POST", "/api/v1/namespaces/a/pods", { verb: "create", resource: "pods", namespace: "a" }],
  ["PUT", "/api/v1/namespaces/a/status", {
    verb: "update",
    resource: "namespaces",
    namespace: "a",
    name: "a",
    subresource: "status",
  }],
  ["GET", "/api/v1/namespaces", { verb: "list", resource: "namespaces" }],
  ["GET", "/api/v1/namespaces/a", { verb: "get", resource: "namespaces", namespace: "a", name: "a" }],
  ["DELETE", "/apis/apps/v1/namespaces/a/deployments", {
    verb: "deletecollection",
    group: "apps",
    resource: "deployments",
    namespace: "a",
  }],
  ["PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", {
    verb: "patch",
    group: "apps",
    resource: "deployments",
    namespace: "a",
    name: "d",
    subresource: "scale",
  }],
  ["GET", "/api/v1/namespaces/a/services/web:80/proxy/deep/path/", {
    verb: "get",
    resource: "services",
    namespace: "a",
    name: "web:80",
    subresource: "proxy",
    rest: "/deep/path/",
  }],
  ["GET", "/api/v1/nodes/n/proxy", { verb: "get", resource: "nodes", name: "n", subresource: "proxy" }],
  ["GET", "/api/v1/nodes?fieldSelector=metadata.name%3Dedge-1", {
    verb: "list",
    resource: "nodes",
    name: "edge-1",
    fieldSelector: "metadata.name=edge-1",
  }],
  ["GET", "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Da&fieldSelector=metadata.name%3Db", {
    verb: "watch",
    resource: "pods",
    fieldSelector: "spec.nodeName=a",
  }],
  ["GET", "/api/v1/pods?fieldSelector=a%3Db%2Cmetadata.name%3Dx&labelSelector=k+in+%28v%29", {
    verb: "list",
    resource: "pods",
    name: "x",
    fieldSelector: "a=b,metadata.name=x",
    labelSelector: "k in (v)",
  }],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3D..", {
    verb: "list",
    resource: "pods",
    fieldSelector: "metadata.name=..",
  }],
  ["DELETE", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx", {
    verb: "deletecollection",
    resource: "pods",
    namespace: "a",
    fieldSelector: "metadata.name=x",
  }],
  ["POST", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx", {
    verb: "create",
    resource: "pods",
    namespace: "a",
  }],
  ["GET", "/api/v1/watch/pods?fieldSelector=metadata.name%3Dx", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/namespaces/a/configmaps/a%3Ab", {
    verb: "get",
    resource: "configmaps",
    namespace: "a",
    name: "a:b",
  }],
];

describe("parseRequestInfo", () => {
  for (const [method, url, expected] of cases) {
    it(`${method} ${url}`, () => {
      const info = parseRequestInfo(method, url);
      const { verb, ...resource } = expected;
      expect(info.verb).toBe(verb);
      expect(info.resource).toEqual({
        group: "",
        version: "v1",
        namespace: "",
        name: "",
        subresource: "",
        rest: "",
        ...resource,
      });
    });
  }

  it("leaves everything else without a resource", () => {
    for (const url of ["/", "/api", "/api/", "/api/v1", "/apis/apps", "/apis/apps/v1/", "/healthz", "/version?x=1"]) {
      expect([url, parseRequestInfo("GET", url).resource]).toEqual([url, undefined]);
    }
    expect(parseRequestInfo("POST", "/healthz/x?verbose")).toMatchObject({
      verb: "post",
      path: "/healthz/x",
      query: "verbose",
    });
  });

  it("refuses a path that decodes to nothing", () => {
    expect(() => parseRequestInfo("GET", "/api/v1/pods/%zz")).toThrow(URIError);
  });
});
