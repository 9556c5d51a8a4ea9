import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Edge } from "./testing/edge.ts";

/** What upstream answers to requests that lead nowhere or ask for what is not to be had; scripts match it. */
describe("answers in upstream's words", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
    edge.put("configmaps", { metadata: { name: "a", namespace: "default" } });
  });
  afterAll(async () => await edge[Symbol.asyncDispose]());

  const maps = "/api/v1/namespaces/default/configmaps";
  const notFound = "the server could not find the requested resource";
  const notAllowed = "the server does not allow this method on the requested resource";

  it.each<[string, string, number, string]>([
    // Objects are deleted in one namespace at a time.
    ["DELETE", "/api/v1/configmaps", 405, notAllowed],
    ["POST", "/api/v1/configmaps", 405, notAllowed],
    ["PUT", maps, 405, notAllowed],
    ["DELETE", `${maps}/a/status`, 404, notFound],
    ["GET", "/api/v1/configmaps/a", 404, notFound],
    ["GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/a", 404, notFound],
    ["GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405, notAllowed],
    ["OPTIONS", `${maps}/a`, 405, notAllowed],
    ["DELETE", `/api/v1/watch/namespaces/default/configmaps/a`, 405, notAllowed],
    ["GET", "/apis/apps/v9/things", 404, notFound],
    ["POST", "/version", 405, notAllowed],
    ["GET", `${maps}?resourceVersionMatch=Exact`, 422, ""],
    ["GET", `${maps}?sendInitialEvents=true`, 422, ""],
    ["GET", `${maps}?watch=1&resourceVersionMatch=NotOlderThan`, 422, ""],
    ["GET", `${maps}/a?export=true`, 400, "the export parameter, deprecated since v1.14, is no longer supported"],
  ])("%s %s", async ([method, path, code, message]) => {
    const answer = await edge.fetch(path, { method });
    expect(answer.code).toBe(code);
    expect(answer.json.message).toContain(message);
  });

  it.each(["/nothing", "/apis/none.example.com/v1/things", "/apis//v1/namespaces", "/readyz/"])(
    "says in plain text that there is no %s",
    async (path) => {
      const answer = await edge.fetch(path);
      expect([answer.code, answer.text]).toEqual([404, "404 page not found\n"]);
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    },
  );

  it("names each request, by the client's own name if it has one", async () => {
    expect((await edge.fetch("/version")).headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect((await edge.fetch(maps, { headers: { "audit-id": "mine" } })).headers["audit-id"]).toBe("mine");
  });

  it("takes HEAD where it only asks for health", async () => {
    expect((await edge.fetch("/livez", { method: "HEAD" })).code).toBe(200);
    expect((await edge.fetch(`${maps}/a`, { method: "HEAD" })).code).toBe(405);
  });

  it("tells errors in the format that is asked for", async () => {
    const yaml = await edge.fetch(`${maps}/none`, { headers: { accept: "application/yaml" } });
    expect(yaml.headers["content-type"]).toBe("application/yaml");
    expect(yaml.text).toContain("reason: NotFound");
    const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    expect((await edge.fetch(`${maps}/none`, { headers: table })).json.reason).toBe("NotFound");
    expect((await edge.fetch(`${maps}/none`, { headers: { "user-agent": "curl/8" } })).text).toContain(
      '\n  "code": 404',
    );
  });

  it.each<[string, string, number, string]>([
    [maps, "text/html", 406, "406: Not Acceptable"],
    [maps, "application/*", 406, "406: Not Acceptable"],
    [maps, "application/json;as=Nothing;v=v1;g=meta.k8s.io", 406, "only the following media types are accepted"],
    [
      maps,
      "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
      406,
      "the requested object is a list (*core.ConfigMapList)",
    ],
    [
      `${maps}/a`,
      "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
      406,
      "not a list (*core.ConfigMap)",
    ],
    [`${maps}?watch=1`, "application/yaml", 406, "application/json;stream=watch"],
    ["/version", "text/html", 406, "406: Not Acceptable"],
    ["/apis/apps/v1", "text/html", 406, "406: Not Acceptable"],
  ])("refuses %s as %s", async ([path, accept, code, message]) => {
    const answer = await edge.fetch(path, { headers: { accept } });
    expect(answer.code).toBe(code);
    expect(answer.text).toContain(message);
  });

  it("answers metadata in the older version, too", async () => {
    const accept = "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io";
    const { json } = await edge.fetch(maps, { headers: { accept } });
    expect([json.apiVersion, json.items[0].apiVersion]).toEqual(["meta.k8s.io/v1beta1", "meta.k8s.io/v1beta1"]);
  });

  it("tells of health checks that there are not", async () => {
    expect((await edge.fetch("/livez?verbose&exclude=none")).text).toContain(
      'warn: some health checks cannot be excluded: no matches for "none"',
    );
  });
});
