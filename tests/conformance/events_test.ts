import { describe, expect, it } from "vitest";
import { events, eventsV1 } from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, type TestApi, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

const merge = { "content-type": "application/merge-patch+json" };

function coreEvent(namespace: string, name: string, labels: Record<string, string> = {}) {
  return typed(events, {
    metadata: { name, namespace, labels },
    message: "as first told",
    reason: "Test",
    type: "Normal",
    count: 1,
    involvedObject: { namespace },
    source: { component: "skiff-test" },
  });
}

function newEvent(namespace: string, name: string, labels: Record<string, string> = {}) {
  return typed(eventsV1, {
    metadata: { name, namespace, labels },
    regarding: { namespace },
    eventTime: "2026-01-02T03:04:05.678901Z",
    note: "as first told",
    type: "Normal",
    reason: "Test",
    action: "Do",
    reportingController: "skiff-test",
    reportingInstance: "node-1",
  });
}

async function create(api: TestApi, path: string, body: unknown): Promise<void> {
  const { code, text } = await api.call("POST", path, { body });
  if (code !== 201) throw new Error(text);
}

describe("Events of the core group", () => {
  const api = sharedApi();

  it("are listed in all namespaces, patched with a series, replaced and deleted", async () => {
    const namespace = await api().namespace();
    const path = pathOf(events, namespace);
    await create(api(), path, coreEvent(namespace, "one", { life: "one" }));
    const everywhere = await api().call("GET", "/api/v1/events?labelSelector=life%3Done");
    expect(everywhere.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(["one"]);

    const series = { count: 2, lastObservedTime: "2026-01-02T03:04:05.000001Z" };
    const patched = await api().call("PATCH", `${path}/one`, { headers: merge, body: { message: "patched", series } });
    expect(patched.json).toMatchObject({ message: "patched", series });
    const read = await api().call("GET", `${path}/one`);
    expect(read.json).toMatchObject({ message: "patched", series });
    const replaced = await api().call("PUT", `${path}/one`, {
      body: { ...read.json, series: { ...series, count: 100 } },
    });
    expect([replaced.code, replaced.json.series.count]).toEqual([200, 100]);

    expect((await api().call("DELETE", `${path}/one`)).code).toBe(200);
    expect((await api().call("GET", `${path}/one`)).code).toBe(404);
  });

  it("are deleted by label", async () => {
    const namespace = await api().namespace();
    await deletesByLabel(api(), pathOf(events, namespace), (name, labels) => coreEvent(namespace, name, labels));
  });
});

describe("Events of events.k8s.io", () => {
  const api = sharedApi();

  it("are selected by who reports them, patched, replaced and deleted", async () => {
    const namespace = await api().namespace();
    const path = pathOf(eventsV1, namespace);
    await create(api(), path, newEvent(namespace, "one"));
    const selected = await api().call("GET", `${path}?fieldSelector=reportingController%3Dskiff-test`);
    expect(selected.json.items.length).toBe(1);
    expect((await api().call("GET", `${path}?fieldSelector=reportingController%3Dother`)).json.items).toEqual([]);
    const core = await api().call("GET", `${path}?fieldSelector=involvedObject.kind%3DPod`);
    expect([core.code, core.json.message]).toEqual([
      400,
      expect.stringContaining("field label not supported: involvedObject.kind"),
    ]);
    expect((await api().call("GET", "/apis/events.k8s.io/v1/events")).json.items.length).toBeGreaterThan(0);

    const series = { count: 2, lastObservedTime: "2026-01-02T03:04:06.000001Z" };
    const patched = await api().call("PATCH", `${path}/one`, { headers: merge, body: { series } });
    expect([patched.code, patched.json.series]).toEqual([200, series]);
    const { json: read } = await api().call("GET", `${path}/one`);
    expect(read).toMatchObject({ note: "as first told", eventTime: "2026-01-02T03:04:05.678901Z", series });
    const replaced = await api().call("PUT", `${path}/one`, { body: { ...read, series: { ...series, count: 100 } } });
    expect([replaced.code, replaced.json.series.count]).toEqual([200, 100]);

    // The same object as the core group tells it.
    const stored = await api().call("GET", `${pathOf(events, namespace)}/one`);
    expect(stored.json).toMatchObject({ message: "as first told", reportingComponent: "skiff-test", action: "Do" });

    expect((await api().call("DELETE", `${path}/one`)).code).toBe(200);
    expect((await api().call("GET", `${path}/one`)).code).toBe(404);
  });

  it("are deleted by label", async () => {
    const namespace = await api().namespace();
    await deletesByLabel(api(), pathOf(eventsV1, namespace), (name, labels) => newEvent(namespace, name, labels));
  });
});

async function deletesByLabel(
  api: TestApi,
  path: string,
  event: (name: string, labels: Record<string, string>) => unknown,
): Promise<void> {
  for (const name of ["a", "b", "c"]) await create(api, path, event(name, { go: "yes" }));
  await create(api, path, event("d", {}));
  expect((await api.call("DELETE", `${path}?labelSelector=go%3Dyes`)).code).toBe(200);
  await retry("the chosen ones to be gone", async () => {
    const { json } = await api.call("GET", path);
    expect(json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(["d"]);
  });
}
