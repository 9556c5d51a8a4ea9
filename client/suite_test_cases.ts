import { describe, expect, it } from "vitest";
import type { KubeObject } from "../api/resource.ts";
import { configmaps, deployments, namespaces, nodes } from "../api/resources.ts";
import { isAlreadyExists, isConflict, isNotFound, StatusError } from "../api/status.ts";
import type { ConfigMap } from "../api/types/core_v1.ts";
import type { Client, WatchEvent } from "./client.ts";

/** A client of a server that nothing else uses; `namespace` exists in it. */
export interface OpenedClient {
  readonly client: Client;
  readonly namespace: string;
  close(): Promise<void>;
}

/** What every transport of the `Client` contract must do. */
export function testClient(name: string, open: () => Promise<OpenedClient>): void {
  const scenario = (title: string, body: (opened: OpenedClient) => Promise<void>) =>
    it(title, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });

  describe(`Client: ${name}`, () => {
    scenario("creates, reads, changes and deletes an object", async ({ client, namespace }) => {
      const created = await client.create(configmaps, configMap(namespace, "a", { k: "1" }));
      expect(created.metadata.uid).toBeTruthy();
      expect(created.kind).toBe("ConfigMap");
      const read = await client.get(configmaps, { namespace, name: "a" });
      expect(read).toEqual(created);
      const updated = await client.update(configmaps, { ...read, data: { k: "2" } });
      expect(updated.data).toEqual({ k: "2" });
      expect(updated.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      await client.delete(configmaps, { namespace, name: "a" });
      await expectReason(client.get(configmaps, { namespace, name: "a" }), isNotFound);
    });

    scenario("answers objects that nobody can change", async ({ client, namespace }) => {
      const created = await client.create(configmaps, configMap(namespace, "a", { k: "1" }));
      expect(Object.isFrozen(created) && Object.isFrozen(created.metadata) && Object.isFrozen(created.data)).toBe(true);
      const [listed] = (await client.list(configmaps, { namespace, fieldSelector: "metadata.name=a" })).items;
      expect(Object.isFrozen(listed?.data)).toBe(true);
    });

    scenario("rejects with the API's reasons", async ({ client, namespace }) => {
      const created = await client.create(configmaps, configMap(namespace, "a", {}));
      await expectReason(client.create(configmaps, configMap(namespace, "a", {})), isAlreadyExists);
      await client.update(configmaps, { ...created, data: { k: "2" } });
      await expectReason(client.update(configmaps, { ...created, data: { k: "3" } }), isConflict);
      await expectReason(client.delete(configmaps, { namespace, name: "b" }), isNotFound);
      const stale = { preconditions: { uid: "00000000-0000-0000-0000-000000000000" } };
      await expectReason(client.delete(configmaps, { namespace, name: "a" }, stale), isConflict);
    });

    scenario("works on cluster-scoped objects", async ({ client }) => {
      await client.create(nodes, { metadata: { name: "n1" }, spec: {} });
      expect((await client.get(nodes, { name: "n1" })).metadata.namespace).toBeUndefined();
      expect((await client.list(namespaces)).items.length).toBeGreaterThan(0);
      await client.delete(nodes, { name: "n1" });
    });

    scenario("takes the namespace from the options and makes names", async ({ client, namespace }) => {
      const made = await client.create(configmaps, { metadata: { generateName: "made-" } }, { namespace });
      expect(made.metadata.namespace).toBe(namespace);
      expect(made.metadata.name).toMatch(/^made-.{5}$/);
    });

    scenario("lists by selectors and in pages", async ({ client, namespace }) => {
      for (const [index, app] of ["x", "y", "x", "y", "x"].entries()) {
        await client.create(configmaps, configMap(namespace, `cm-${index}`, {}, { app }));
      }
      const byLabel = await client.list(configmaps, { namespace, labelSelector: "app=y" });
      expect(namesOf(byLabel.items)).toEqual(["cm-1", "cm-3"]);
      const byField = await client.list(configmaps, { namespace, fieldSelector: "metadata.name=cm-2" });
      expect(namesOf(byField.items)).toEqual(["cm-2"]);
      const paged: string[] = [];
      let next: string | undefined;
      do {
        const options = { namespace, labelSelector: "app", limit: 2, ...(next ? { continue: next } : {}) };
        const page = await client.list(configmaps, options);
        paged.push(...namesOf(page.items));
        next = page.metadata.continue;
      } while (next);
      expect(paged).toEqual(["cm-0", "cm-1", "cm-2", "cm-3", "cm-4"]);
    });

    scenario("patches in three ways", async ({ client, namespace }) => {
      await client.create(configmaps, configMap(namespace, "a", { k: "1", l: "1" }));
      const target = { namespace, name: "a" };
      const merged = await client.patch(configmaps, target, { type: "merge", patch: { data: { k: "2", l: null } } });
      expect(merged.data).toEqual({ k: "2" });
      const json = [{ op: "add", path: "/data/m", value: "3" }];
      expect((await client.patch(configmaps, target, { type: "json", patch: json })).data).toEqual({ k: "2", m: "3" });
      const strategic = { metadata: { labels: { app: "x" } } };
      const labelled = await client.patch(configmaps, target, { type: "strategic", patch: strategic });
      expect(labelled.metadata.labels).toEqual({ app: "x" });
    });

    scenario("writes nothing in a dry run", async ({ client, namespace }) => {
      await client.create(configmaps, configMap(namespace, "a", {}), { dryRun: true });
      await expectReason(client.get(configmaps, { namespace, name: "a" }), isNotFound);
    });

    scenario("changes the status alone through its subresource", async ({ client, namespace }) => {
      const made = await client.create(deployments, {
        metadata: { name: "d", namespace },
        spec: {
          selector: { matchLabels: { app: "d" } },
          template: {
            metadata: { labels: { app: "d" } },
            spec: { containers: [{ name: "c", image: "busybox" }] },
          },
        },
      });
      const changed = { ...made, spec: { ...made.spec, replicas: 7 }, status: { observedGeneration: 1, replicas: 3 } };
      const after = await client.update(deployments, changed, { subresource: "status" });
      expect(after.status?.replicas).toBe(3);
      expect(after.spec.replicas).not.toBe(7);
      expect(after.metadata.generation).toBe(1);
    });

    scenario("deletes a selection", async ({ client, namespace }) => {
      await client.create(configmaps, configMap(namespace, "a", {}, { app: "x" }));
      await client.create(configmaps, configMap(namespace, "b", {}, { app: "y" }));
      await client.deleteCollection(configmaps, { namespace, labelSelector: "app=x" });
      const left = await client.list(configmaps, { namespace, labelSelector: "app" });
      expect(namesOf(left.items)).toEqual(["b"]);
    });

    scenario("watches from a version: no event is missing, none comes twice", async ({ client, namespace }) => {
      await client.create(configmaps, configMap(namespace, "before", {}, { app: "x" }));
      const { metadata } = await client.list(configmaps, { namespace });
      const created = await client.create(configmaps, configMap(namespace, "a", { k: "1" }, { app: "x" }));
      const stop = new AbortController();
      const options = { namespace, labelSelector: "app=x", signal: stop.signal };
      const events = collect(
        client.watch(configmaps, { ...options, resourceVersion: metadata.resourceVersion ?? "" }),
        3,
        stop,
      );
      const updated = await client.update(configmaps, { ...created, data: { k: "2" } });
      await client.delete(configmaps, { namespace, name: "a" });
      expect(await events).toEqual(["ADDED a 1", "MODIFIED a 2", "DELETED a 2"]);
      expect(updated.data).toEqual({ k: "2" });
    });

    scenario("watches with what there is first when no version is given", async ({ client, namespace }) => {
      await client.create(configmaps, configMap(namespace, "a", { k: "1" }, { app: "x" }));
      const stop = new AbortController();
      const options = { namespace, labelSelector: "app=x", signal: stop.signal };
      expect(await collect(client.watch(configmaps, options), 1, stop)).toEqual(["ADDED a 1"]);
    });

    scenario("tells a watcher of objects that enter and leave its selection", async ({ client, namespace }) => {
      const { metadata } = await client.list(configmaps, { namespace });
      const stop = new AbortController();
      const events = collect(
        client.watch(configmaps, {
          namespace,
          labelSelector: "app=x",
          signal: stop.signal,
          resourceVersion: metadata.resourceVersion ?? "",
        }),
        2,
        stop,
      );
      const target = { namespace, name: "a" };
      await client.create(configmaps, configMap(namespace, "a", { k: "1" }, { app: "y" }));
      await client.patch(configmaps, target, { type: "merge", patch: { metadata: { labels: { app: "x" } } } });
      await client.patch(configmaps, target, { type: "merge", patch: { metadata: { labels: { app: "y" } } } });
      expect(await events).toEqual(["ADDED a 1", "DELETED a 1"]);
    });

    scenario("rejects with the signal's reason", async ({ client, namespace }) => {
      const reason = new Error("enough");
      await expect(client.get(configmaps, { namespace, name: "a" }, { signal: AbortSignal.abort(reason) })).rejects
        .toBe(
          reason,
        );
    });
  });
}

function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  labels: Record<string, string> = {},
): ConfigMap {
  return { metadata: { name, namespace, labels }, data };
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map((object) => object.metadata.name ?? "");
}

/** The first `count` events as `TYPE name data.k`, bookmarks left out; then stops the watch. */
async function collect(
  watch: AsyncIterable<WatchEvent<ConfigMap>>,
  count: number,
  stop: AbortController,
): Promise<string[]> {
  const seen: string[] = [];
  const limit = setTimeout(() => stop.abort(), 5000);
  try {
    for await (const event of watch) {
      if (event.type === "BOOKMARK") continue;
      seen.push(`${event.type} ${event.object.metadata.name} ${event.object.data?.["k"]}`);
      if (seen.length === count) break;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(limit);
    stop.abort();
  }
  return seen;
}

async function expectReason(call: Promise<unknown>, matches: (error: unknown) => boolean): Promise<void> {
  const error = await call.then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(StatusError);
  expect(matches(error)).toBe(true);
}
