import { Buffer } from "node:buffer";
import { once } from "node:events";
import { decodeProtobuf } from "../../../api/codec/protobuf.ts";
import { describe, expect, it } from "vitest";
import { configMap, Edge, type Request, rowOf } from "./testing/edge.ts";

const maps = "/api/v1/namespaces/default/configmaps";

function json(object: unknown, method = "POST"): Request {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(object) };
}

describe("reading", () => {
  it("gets and lists objects, in JSON and YAML", async () => {
    await using edge = await Edge.start();
    edge.put("configmaps", configMap("a", { x: "1" }));
    edge.put("configmaps", configMap("b"));
    const one = await edge.fetch(`${maps}/a`);
    expect([one.code, one.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(one.json).toMatchObject({
      kind: "ConfigMap",
      metadata: { name: "a", resourceVersion: "2" },
      data: { x: "1" },
    });
    const all = await edge.fetch(maps);
    expect(all.json).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "3" } });
    expect(all.json.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(["a", "b"]);
    expect(all.json.items[0].kind).toBe(undefined);
    const yaml = await edge.fetch(`${maps}/a`, { headers: { accept: "application/yaml" } });
    expect(yaml.text).toContain('x: "1"\n');
    expect((await edge.fetch(`${maps}/none`)).json).toMatchObject({
      code: 404,
      message: 'configmaps "none" not found',
    });
  });

  it("answers in the format that the client names first", async () => {
    await using edge = await Edge.start();
    const [json, protobuf] = ["application/json", "application/vnd.kubernetes.protobuf"];
    for (
      const [accept, format] of [
        [`${protobuf},${json}`, protobuf],
        [`${protobuf}, */*`, protobuf],
        [
          `${json},${protobuf}`,
          json,
        ],
        [`${protobuf};q=0.5,${json}`, json],
        ["application/*", json],
      ] as const
    ) {
      expect((await edge.fetch(maps, { headers: { accept } })).headers["content-type"]).toBe(format);
    }
    const only = await edge.fetch(maps, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
    expect(only.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf");
    expect(decodeProtobuf(only.bytes).object).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    const neither = await edge.fetch(maps, { headers: { accept: "application/cbor" } });
    expect(neither.json).toMatchObject({ code: 406, reason: "NotAcceptable" });
  });

  it("answers tables and metadata alone", async () => {
    await using edge = await Edge.start();
    edge.put("configmaps", configMap("a", { x: "1" }));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const table = (await edge.fetch(maps, { headers: { accept } })).json;
    expect(table.columnDefinitions.map((c: { name: string }) => c.name)).toEqual(["Name", "Data", "Age"]);
    expect(table.rows[0]).toMatchObject({ cells: ["a", 1, "<unknown>"], object: { kind: "PartialObjectMetadata" } });
    const whole = (await edge.fetch(`${maps}/a?includeObject=Object`, { headers: { accept } })).json;
    expect(whole.rows[0].object.data).toEqual({ x: "1" });
    expect((await edge.fetch(`${maps}?includeObject=All`, { headers: { accept } })).code).toBe(400);
    const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    const list = (await edge.fetch(maps, { headers: { accept: partial } })).json;
    expect(list).toMatchObject({ kind: "PartialObjectMetadataList", items: [{ metadata: { name: "a" } }] });
    expect(list.items[0].data).toBe(undefined);
  });

  it("sends long lists in pieces", async () => {
    await using edge = await Edge.start();
    for (let i = 0; i < 300; i++) edge.put("configmaps", configMap(`c${i}`, { x: "z".repeat(4096) }));
    const list = await edge.fetch(maps);
    expect(list.json.items).toHaveLength(300);
    expect(list.headers["content-length"]).toBe(undefined);
    const encoded = await edge.fetch(maps, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
    expect(encoded.headers["content-length"]).toBe(undefined);
    const { object } = decodeProtobuf(encoded.bytes);
    expect({ ...object, items: object.items }).toEqual(list.json);
  });

  it("takes evictions of an older version of their group", async () => {
    await using edge = await Edge.start();
    const eviction = { apiVersion: "policy/v1beta1", kind: "Eviction", metadata: { name: "p" } };
    const answer = await edge.fetch("/api/v1/namespaces/default/pods/p/eviction", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(eviction),
    });
    expect([answer.code, edge.registry.asked.at(-1)!.request]).toMatchObject([201, { object: eviction }]);
  });

  it("warns of what it refuses, too, and refuses a timeout that is none", async () => {
    await using edge = await Edge.start();
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"other"},"unknown":1}';
    const headers = { "content-type": "application/json" };
    const answer = await edge.fetch(`${maps}`, { method: "POST", headers, body });
    expect([answer.code, answer.headers["warning"]]).toEqual([400, '299 - "unknown field \\"unknown\\""']);
    expect((await edge.fetch(`${maps}?timeout=5`)).json.message)
      .toBe('invalid timeout specified in the request URL - time: missing unit in duration "5"');
  });

  it("refuses parameters that make no sense", async () => {
    await using edge = await Edge.start();
    const answer = await edge.fetch(`${maps}?limit=many`);
    expect(answer.json).toMatchObject({
      code: 400,
      message: 'strconv.ParseInt: parsing "many": invalid syntax',
    });
    expect((await edge.fetch(`${maps}?watch=1&timeoutSeconds=x`)).code).toBe(400);
    expect((await edge.fetch(`${maps}?limit=3&labelSelector=a%3Db&resourceVersion=0`)).code).toBe(200);
    expect(edge.registry.asked.at(-1)!.request).toEqual({
      namespace: "default",
      limit: 3,
      labelSelector: "a=b",
      resourceVersion: "0",
    });
  });
});

describe("paths", () => {
  it("knows what leads nowhere and what lacks a verb", async () => {
    await using edge = await Edge.start();
    const cases: [method: string, path: string, code: number][] = [
      ["GET", "/api/v1/nothings", 404],
      ["GET", "/apis/none/v1/pods", 404],
      ["GET", "/nowhere", 404],
      ["GET", `${maps}/a/status`, 404],
      ["GET", "/api/v1/namespaces/default/pods/x/status/more", 404],
      ["GET", "/api/v1/namespaces/default/nodes", 404],
      ["GET", "/api/v1/namespaces/default/pods//log", 404],
      ["POST", "/api/v1/pods", 405],
      ["POST", `${maps}/a`, 405],
      ["PUT", maps, 405],
      ["DELETE", "/api/v1/namespaces", 405],
      ["GET", "/apis/authentication.k8s.io/v1/tokenreviews", 405],
      ["POST", "/version", 405],
      ["GET", "/api/v1/pods/%zz", 400],
    ];
    for (const [method, path, code] of cases) {
      expect([method, path, (await edge.fetch(path, { method })).code]).toEqual([method, path, code]);
    }
  });
});

describe("writing", () => {
  it("creates, updates, patches and deletes", async () => {
    await using edge = await Edge.start();
    const created = await edge.fetch(maps, json(configMap("a", { x: "1" })));
    expect([created.code, created.json.data]).toEqual([201, { x: "1" }]);
    expect((await edge.fetch(maps, json(configMap("a")))).json).toMatchObject({ code: 409, reason: "AlreadyExists" });
    const updated = await edge.fetch(`${maps}/a`, json(configMap("a", { x: "2" }), "PUT"));
    expect([updated.code, updated.json.data]).toEqual([200, { x: "2" }]);
    const patched = await edge.fetch(`${maps}/a`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: '{"data":{"y":"3"}}',
    });
    expect(patched.json.data).toEqual({ x: "2", y: "3" });
    const options = {
      kind: "DeleteOptions",
      apiVersion: "apps/v1",
      propagationPolicy: "Foreground",
      gracePeriodSeconds: 3,
    };
    const deleted = await edge.fetch(`${maps}/a`, json(options, "DELETE"));
    expect(deleted.json).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "a", kind: "configmaps" },
    });
    expect(edge.registry.asked.at(-1)!.request).toMatchObject({
      options: { propagationPolicy: "Foreground", gracePeriodSeconds: 3, dryRun: false },
    });
    await edge.fetch(`${maps}?dryRun=All&propagationPolicy=Orphan`, { method: "DELETE" });
    expect(edge.registry.asked.at(-1)).toMatchObject({
      verb: "deletecollection",
      request: { options: { dryRun: true, propagationPolicy: "Orphan" } },
    });
  });

  it("takes YAML, and says which media types it takes", async () => {
    await using edge = await Edge.start();
    const headers = { "content-type": "application/yaml" };
    const body = "metadata:\n  name: a\ndata:\n  x: one\n";
    expect((await edge.fetch(maps, { method: "POST", headers, body })).code).toBe(201);
    const doubled = await edge.fetch(maps, { method: "POST", headers, body: `${body}  x: two\nother: 1\n` });
    expect(doubled.headers["warning"]).toBe(
      '299 - "line 5: key \\"x\\" already set in map", 299 - "unknown field \\"other\\""',
    );
    const latin1 = await edge.fetch(maps, {
      method: "POST",
      headers,
      body: Buffer.from(`${body}  y: \xe9\n`, "latin1"),
    });
    expect(latin1.json.code).toBe(400);
    expect(latin1.json.message).toContain("invalid YAML: its text is not UTF-8");
    const types: [method: string, type: string][] = [
      ["POST", "application/cbor"],
      ["PATCH", "application/apply-patch+cbor"],
      ["PATCH", "application/json"],
    ];
    for (const [method, type] of types) {
      const path = method === "POST" ? maps : `${maps}/a`;
      const answer = await edge.fetch(path, { method, headers: { "content-type": type }, body: "{}" });
      expect(answer.json).toMatchObject({ code: 415, reason: "UnsupportedMediaType" });
    }
  });

  it("refuses, warns of or drops what the schema does not know", async () => {
    await using edge = await Edge.start();
    const post = (name: string, validation?: string) =>
      edge.fetch(`${maps}${validation ? `?fieldValidation=${validation}` : ""}`, json({ ...configMap(name), dat: {} }));
    const strict = await post("a", "Strict");
    expect(strict.json).toMatchObject({
      code: 400,
      message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    });
    const warned = await post("b");
    expect([warned.code, warned.headers["warning"]]).toEqual([201, '299 - "unknown field \\"dat\\""']);
    const ignored = await post("c", "Ignore");
    expect([ignored.code, ignored.headers["warning"]]).toEqual([201, undefined]);
    expect((await post("d", "Loose")).json).toMatchObject({ code: 422, reason: "Invalid" });
  });

  it("refuses bodies that are too long, broken, or of something else", async () => {
    await using edge = await Edge.start();
    const large = await edge.fetch(maps, json(configMap("a", { x: "z".repeat(4 * 1024 * 1024) })));
    expect(large.json).toMatchObject({ code: 413, message: "Request entity too large: limit is 3145728" });
    const broken = await edge.fetch(maps, { ...json({}), body: '{"metadata": {' });
    expect(broken.json).toMatchObject({ code: 400, reason: "BadRequest" });
    const wrong = await edge.fetch(maps, json({ ...configMap("a"), data: 5 }));
    expect(wrong.json.message).toContain("data: expected");
    expect((await edge.fetch(maps, json({ ...configMap("a"), kind: "Secret" }))).code).toBe(400);
    expect((await edge.fetch(maps, json({ metadata: { name: "a", namespace: "other" } }))).json.message)
      .toBe("the namespace of the provided object does not match the namespace sent on the request");
    expect((await edge.fetch(`${maps}/b`, json(configMap("a"), "PUT"))).json.message)
      .toBe("the name of the object (a) does not match the name on the URL (b)");
    expect((await edge.fetch(maps, { method: "POST" })).code).toBe(400);
    // The server is none the worse for it.
    expect((await edge.fetch(maps, json(configMap("a")))).code).toBe(201);
  });

  it("tells whoever uses a version that is on its way out", async () => {
    await using edge = await Edge.start();
    const path = "/api/v1/namespaces/default/endpoints";
    const words = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
    expect((await edge.fetch(path)).headers["warning"]).toBe(words);
    const missing = await edge.fetch(`${path}/none`);
    expect([missing.code, missing.headers["warning"]]).toEqual([404, words]);
    expect((await edge.fetch(maps)).headers["warning"]).toBeUndefined();
  });

  it("keeps its errors to itself and its warnings printable", async () => {
    await using edge = await Edge.start();
    const failed = await edge.fetch(maps, json(configMap("explode")));
    expect(failed.json).toMatchObject({ code: 500, reason: "InternalError" });
    expect(failed.text).not.toContain("secret detail");
    expect(failed.json.message).toContain(failed.headers["audit-id"]);
    expect((await edge.fetch(maps, json(configMap("warn")))).headers["warning"]).toBe('299 - "it says \\"?\\""');
  });
});

describe("impersonation", () => {
  const review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

  it("lets an administrator act as others, with no more rights than they have", async () => {
    await using edge = await Edge.start();
    const headers = { "impersonate-user": "jane" };
    const refused = await edge.fetch(maps, { headers });
    expect(refused.json.message).toBe(
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    expect((await edge.fetch(maps, { headers: { ...headers, "impersonate-group": "a, system:masters" } })).code).toBe(
      200,
    );
    expect((await edge.fetch("/apis", { headers })).code).toBe(200);
    expect((await edge.fetch("/apis", { headers: { "impersonate-user": "system:anonymous" } })).code).toBe(403);
    expect((await edge.fetch(maps, { headers: { "impersonate-group": "a" } })).code).toBe(400);
  });

  it("is refused to everybody else", async () => {
    await using edge = await Edge.start();
    const client = await edge.pki.issueClient("bob", []);
    const headers = { "impersonate-user": "system:serviceaccount:a:robot", "impersonate-group": "system:masters" };
    const refused = await edge.fetch(review, { ...json({ kind: "SelfSubjectReview" }), client, headers });
    expect(refused.json).toMatchObject({ code: 403 });
    expect(refused.json.message).toContain('User "bob" cannot impersonate resource "serviceaccounts"');
  });
});

describe("HTTP/1.1 only", () => {
  it("serves all the same", async () => {
    await using edge = await Edge.start({ http1Only: true });
    edge.put("configmaps", configMap("a"));
    expect((await edge.fetch(`${maps}/a`)).json.metadata.name).toBe("a");
  });
});

describe("limits", () => {
  it("refuses more requests at once than it is to work on, watches left out", async () => {
    await using edge = await Edge.start({ inFlightLimits: { mutating: 0 } });
    const refused = await edge.fetch(maps, json(configMap("a")));
    expect(refused.json).toMatchObject({ code: 429, reason: "TooManyRequests" });
    expect(refused.headers["retry-after"]).toBe("1");
    expect((await edge.fetch(maps)).code).toBe(200);
  });
});

describe("everything else", () => {
  it("tells its version, health and metrics", async () => {
    await using edge = await Edge.start({
      readyz: [{ name: "node", check: () => "no node has joined" }],
      livez: [{ name: "broken", check: () => Promise.reject(new Error("secret")) }],
    });
    expect((await edge.fetch("/version")).json).toMatchObject({ major: "1", minor: "36" });
    const ready = await edge.fetch("/readyz");
    expect(ready.code).toBe(500);
    expect(ready.text).toBe(
      "[+]ping ok\n[+]informer-sync ok\n[-]node failed: no node has joined\nreadyz check failed\n",
    );
    expect((await edge.fetch("/readyz?exclude=node")).text).toBe("ok");
    expect((await edge.fetch("/readyz/ping")).text).toBe("ok");
    expect((await edge.fetch("/readyz/node")).code).toBe(500);
    expect((await edge.fetch("/livez")).text).not.toContain("secret");
    edge.registry.ready = false;
    expect((await edge.fetch("/readyz/informer-sync")).code).toBe(500);
    await edge.fetch("/api/v1/pods");
    const metrics = (await edge.fetch("/metrics")).text;
    expect(metrics).toContain(
      'apiserver_request_total{code="200",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 1\n',
    );
    expect(metrics).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
    expect(Number(/^process_cpu_seconds_total (.*)$/m.exec(metrics)![1])).toBeGreaterThan(0);
    const started = Number(/^process_start_time_seconds (.*)$/m.exec(metrics)![1]);
    expect(Math.abs(started - performance.timeOrigin / 1000)).toBeLessThan(1);
  });

  it("lets clients discover it, plain and aggregated", async () => {
    await using edge = await Edge.start();
    expect((await edge.fetch("/api")).json.versions).toEqual(["v1"]);
    const groups = (await edge.fetch("/apis")).json.groups;
    expect(groups[0]).toMatchObject({ name: "apps", preferredVersion: { groupVersion: "apps/v1" } });
    expect(groups.find((g: { name: string }) => g.name === "autoscaling").preferredVersion.version).toBe("v2");
    const core = (await edge.fetch("/api/v1")).json.resources;
    expect(core.find((r: { name: string }) => r.name === "pods"))
      .toMatchObject({ kind: "Pod", namespaced: true, shortNames: ["po"], categories: ["all"] });
    expect(core.find((r: { name: string }) => r.name === "pods/eviction"))
      .toMatchObject({ group: "policy", version: "v1", kind: "Eviction" });
    expect((await edge.fetch("/apis/apps")).json).toMatchObject({ kind: "APIGroup", name: "apps" });
    expect((await edge.fetch("/apis/apps/v2")).code).toBe(404);
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const aggregated = await edge.fetch("/apis", { headers: { accept } });
    expect(aggregated.headers["content-type"]).toContain("as=APIGroupDiscoveryList");
    expect(
      aggregated.json.items[0].versions[0].resources.find((r: { resource: string }) => r.resource === "deployments"),
    )
      .toMatchObject({
        scope: "Namespaced",
        singularResource: "deployment",
        subresources: [{ subresource: "scale" }, {}],
      });
    const tag = aggregated.headers.etag!;
    expect((await edge.fetch("/apis", { headers: { accept, "if-none-match": tag } })).code).toBe(304);
  });

  it("describes itself in OpenAPI 2 and 3", async () => {
    await using edge = await Edge.start();
    const { paths } = (await edge.fetch("/openapi/v3")).json;
    const document = (await edge.fetch(paths["apis/apps/v1"].serverRelativeURL)).json;
    const patch = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"].patch;
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    expect(patch.parameters.map((p: { name: string }) => p.name)).toContain("fieldValidation");
    const pod = document.components.schemas["io.k8s.api.core.v1.PodSpec"];
    expect(pod.required).toEqual(["containers"]);
    expect(pod.properties.containers).toMatchObject({
      items: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.Container" }], default: {} },
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
    });
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty([name!]);
    const old = (await edge.fetch("/openapi/v2")).json;
    expect(old.definitions["io.k8s.api.core.v1.Pod"]["x-kubernetes-group-version-kind"])
      .toEqual([{ group: "", version: "v1", kind: "Pod" }]);
    const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const { code, headers } = await edge.fetch("/openapi/v2", { headers: { accept } });
    expect([code, headers["content-type"]]).toEqual([200, accept.replace("@", ".")]);
    expect((await edge.fetch("/openapi/v3/api/v1", { headers: { accept } })).code).toBe(406);
  });
});

describe("watching", () => {
  it("frames events for those who take protobuf alone", async () => {
    await using edge = await Edge.start();
    const answer = await edge.open(`${maps}?watch=true`, {
      headers: { accept: "application/vnd.kubernetes.protobuf" },
    });
    expect(answer.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf;stream=watch");
    edge.put("configmaps", configMap("a", { x: "1" }));
    const [frame] = await once(answer, "data") as [Uint8Array];
    expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length - 4);
    // Type ADDED in field 1, the object's envelope in field 1 of field 2.
    expect(new TextDecoder().decode(frame.subarray(4, 11))).toBe("\n\x05ADDED");
    const magic = frame.findIndex((_, i) => new TextDecoder().decode(frame.subarray(i, i + 4)) === "k8s\0");
    expect(decodeProtobuf(frame.subarray(magic)).object).toMatchObject({ kind: "ConfigMap", data: { x: "1" } });
    answer.destroy();
  });

  it("sends events as lines, bookmarks among them, until its time is over", async () => {
    await using edge = await Edge.start();
    edge.put("configmaps", configMap("a"));
    const stream = await edge.open(`${maps}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`);
    expect([stream.statusCode, stream.headers["content-type"]]).toEqual([200, "application/json"]);
    const row = rowOf("configmaps");
    edge.put("configmaps", configMap("a", { x: "1" }));
    edge.put("configmaps", { ...configMap("b"), metadata: { name: "b", namespace: "other" } });
    edge.registry.bookmark(row, true);
    let text = "";
    for await (const chunk of stream) text += chunk;
    const events = text.trim().split("\n").map((line) => JSON.parse(line));
    expect(events.map((e) => [e.type, e.object.metadata.name])).toEqual([
      ["ADDED", "a"],
      ["MODIFIED", "a"],
      ["BOOKMARK", undefined],
    ]);
    expect(events[2].object).toEqual({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { resourceVersion: "4", annotations: { "k8s.io/initial-events-end": "true" } },
    });
    expect(edge.registry.watchers).toBe(0);
  });

  it("sends tables, with columns in the first alone", async () => {
    await using edge = await Edge.start();
    edge.put("configmaps", configMap("a"));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const stream = await edge.open(`${maps}?watch=1&timeoutSeconds=1`, { headers: { accept } });
    edge.put("configmaps", configMap("a", { x: "1" }));
    let text = "";
    for await (const chunk of stream) text += chunk;
    const [first, second] = text.trim().split("\n").map((line) => JSON.parse(line).object);
    expect([first.columnDefinitions.length, second.columnDefinitions]).toEqual([3, null]);
    expect([first.rows[0].cells[1], second.rows[0].cells[1]]).toEqual([0, 1]);
  });

  it("tells of a version that is too old as an event", async () => {
    await using edge = await Edge.start();
    edge.registry.oldest = 100;
    const answer = await edge.fetch(`${maps}?watch=1&resourceVersion=5`);
    expect([answer.code, answer.json.type, answer.json.object.code]).toEqual([200, "ERROR", 410]);
  });

  it("ends with its client", async () => {
    await using edge = await Edge.start();
    const stream = await edge.open(`${maps}?watch=1`);
    expect(edge.registry.watchers).toBe(1);
    stream.destroy();
    while (edge.registry.watchers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
