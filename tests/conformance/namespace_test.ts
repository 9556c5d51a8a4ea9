import { describe, expect, it } from "vitest";
import { namespaces, services } from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

const merge = { "content-type": "application/merge-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };

describe("a Namespace", () => {
  const api = sharedApi();

  it("is patched", async () => {
    const path = pathOf(namespaces, "", await api().namespace());
    const body = { metadata: { labels: { patched: "yes" } } };
    expect((await api().call("PATCH", path, { headers: strategic, body })).code).toBe(200);
    expect((await api().call("GET", path)).json.metadata.labels.patched).toBe("yes");
  });

  it("is replaced", async () => {
    const path = pathOf(namespaces, "", await api().namespace());
    await retry("no conflict", async () => {
      const { json } = await api().call("GET", path);
      const labels = { ...json.metadata.labels, replaced: "yes" };
      const body = { ...json, metadata: { ...json.metadata, labels } };
      const { code, json: replaced } = await api().call("PUT", path, { body });
      expect([code, replaced.metadata.labels.replaced]).toEqual([200, "yes"]);
    });
  });

  it("has a status that is patched and replaced by itself", async () => {
    const path = pathOf(namespaces, "", await api().namespace());
    const condition = { type: "Tested", status: "True", reason: "Patched", message: "by a test" };
    const patched = await api().call("PATCH", `${path}/status`, {
      headers: merge,
      body: { metadata: { annotations: { status: "patched" } }, status: { conditions: [condition] } },
    });
    expect(patched.json.metadata.annotations.status).toBe("patched");
    expect(patched.json.status).toMatchObject({ phase: "Active", conditions: [condition] });
    const added = { ...condition, type: "Also", reason: "Replaced" };
    const replaced = await api().call("PUT", `${path}/status`, {
      body: { ...patched.json, status: { ...patched.json.status, conditions: [condition, added] } },
    });
    expect([replaced.code, replaced.json.message]).toEqual([200, undefined]);
    expect(replaced.json.status.conditions).toMatchObject([condition, added]);
  });

  it("gets and loses finalizers by its own subresource", async () => {
    const path = pathOf(namespaces, "", await api().namespace());
    const { json } = await api().call("GET", path);
    expect(json.spec.finalizers).toEqual(["kubernetes"]);
    const finalizers = [...json.spec.finalizers, "skiff.test/mine"];
    const finalized = await api().call("PUT", `${path}/finalize`, { body: { ...json, spec: { finalizers } } });
    expect([finalized.code, finalized.json.spec.finalizers]).toEqual([200, finalizers]);

    await api().call("DELETE", path);
    // Emptied, it waits for the finalizer that is not the controller's.
    const kept = await retry("the controller to let go", async () => {
      const { json } = await api().call("GET", path);
      expect(json.spec.finalizers).toEqual(["skiff.test/mine"]);
      return json;
    });
    expect(kept.status.phase).toBe("Terminating");
    await api().call("PUT", `${path}/finalize`, { body: { ...kept, spec: { finalizers: [] } } });
    await retry("it to be gone", async () => expect((await api().call("GET", path)).code).toBe(404));
  });

  it("takes its Services along, and has none when it comes again", async () => {
    const name = await api().namespace();
    const body = typed(services, { metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
    expect((await api().call("POST", pathOf(services, name), { body })).code).toBe(201);
    await api().call("DELETE", pathOf(namespaces, "", name));
    await retry("it to be gone", async () => {
      expect((await api().call("GET", pathOf(namespaces, "", name))).code).toBe(404);
    });
    await api().call("POST", pathOf(namespaces, ""), { body: typed(namespaces, { metadata: { name } }) });
    expect((await api().call("GET", pathOf(services, name))).json.items).toEqual([]);
  });
});
