import { describe, expect, it } from "vitest";
import { configmaps } from "../../api/resources.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";
import { type Seen, Watching } from "./watching.ts";

const merge = { "content-type": "application/merge-patch+json" };
const api = sharedApi();

async function create(namespace: string, name: string, labels: Record<string, string> = {}): Promise<string> {
  const body = typed(configmaps, { metadata: { name, labels }, data: {} });
  const { json } = await api().call("POST", pathOf(configmaps, namespace), { body });
  return json.metadata.resourceVersion;
}

async function patch(namespace: string, name: string, body: unknown): Promise<string> {
  const { json } = await api().call("PATCH", pathOf(configmaps, namespace, name), { headers: merge, body });
  return json.metadata.resourceVersion;
}

async function remove(namespace: string, name: string): Promise<void> {
  expect((await api().call("DELETE", pathOf(configmaps, namespace, name))).code).toBe(200);
}

function toldOf({ type, object }: Seen) {
  return [type, object.metadata.name, object.data?.["turn"]];
}

describe("a watch of ConfigMaps", () => {
  it("tells each watcher what its selector chooses", async () => {
    const namespace = await api().namespace();
    using a = await Watching.start(api(), configmaps, namespace, { labelSelector: "watched=a" });
    using b = await Watching.start(api(), configmaps, namespace, { labelSelector: "watched=b" });
    using both = await Watching.start(api(), configmaps, namespace, { labelSelector: "watched in (a,b)" });
    await create(namespace, "one", { watched: "a" });
    await patch(namespace, "one", { data: { turn: "1" } });
    await remove(namespace, "one");
    await create(namespace, "two", { watched: "b" });
    const one = [["ADDED", "one", undefined], ["MODIFIED", "one", "1"], ["DELETED", "one", "1"]];
    for (const expected of one) expect(toldOf(await a.next())).toEqual(expected);
    expect(toldOf(await b.next())).toEqual(["ADDED", "two", undefined]);
    for (const expected of [...one, ["ADDED", "two", undefined]]) expect(toldOf(await both.next())).toEqual(expected);
  });

  it("starts after the resourceVersion that it is given", async () => {
    const namespace = await api().namespace();
    await create(namespace, "one");
    const first = await patch(namespace, "one", { data: { turn: "1" } });
    await patch(namespace, "one", { data: { turn: "2" } });
    await remove(namespace, "one");
    using watching = await Watching.start(api(), configmaps, namespace, {
      resourceVersion: first,
      fieldSelector: "metadata.name=one",
    });
    expect(toldOf(await watching.next())).toEqual(["MODIFIED", "one", "2"]);
    expect(toldOf(await watching.next())).toEqual(["DELETED", "one", "2"]);
  });

  it("goes on where the watch before it stopped", async () => {
    const namespace = await api().namespace();
    const seen = await (async () => {
      using watching = await Watching.start(api(), configmaps, namespace, { fieldSelector: "metadata.name=one" });
      await create(namespace, "one");
      await patch(namespace, "one", { data: { turn: "1" } });
      await watching.next();
      return (await watching.next()).object.metadata.resourceVersion as string;
    })();
    await patch(namespace, "one", { data: { turn: "2" } });
    await remove(namespace, "one");
    using again = await Watching.start(api(), configmaps, namespace, {
      resourceVersion: seen,
      fieldSelector: "metadata.name=one",
    });
    expect(toldOf(await again.next())).toEqual(["MODIFIED", "one", "2"]);
    expect(toldOf(await again.next())).toEqual(["DELETED", "one", "2"]);
  });

  it("tells of a deletion when an object no longer fits the selector, and of an addition when it does again", async () => {
    const namespace = await api().namespace();
    using watching = await Watching.start(api(), configmaps, namespace, { labelSelector: "chosen=yes" });
    await create(namespace, "one", { chosen: "yes" });
    await patch(namespace, "one", { data: { turn: "1" } });
    await patch(namespace, "one", { metadata: { labels: { chosen: "no" } } });
    await patch(namespace, "one", { data: { turn: "2" } });
    await patch(namespace, "one", { metadata: { labels: { chosen: "yes" } } });
    await patch(namespace, "one", { data: { turn: "3" } });
    await remove(namespace, "one");
    for (
      const expected of [
        ["ADDED", "one", undefined],
        ["MODIFIED", "one", "1"],
        ["DELETED", "one", "1"],
        ["ADDED", "one", "2"],
        ["MODIFIED", "one", "3"],
        ["DELETED", "one", "3"],
      ]
    ) expect(toldOf(await watching.next())).toEqual(expected);
  });

  it("tells all watchers the same in the same order", async () => {
    const namespace = await api().namespace();
    const { json } = await api().call("GET", pathOf(configmaps, namespace));
    const turns = 60;
    const writing = write(namespace, turns);
    const starts: string[] = [json.metadata.resourceVersion];
    const orders: string[][] = [];
    for (let i = 0; i < 8; i++) {
      using watching = await Watching.start(api(), configmaps, namespace, { resourceVersion: starts.at(-1)! });
      const order: string[] = [];
      while (order.length < 20) order.push((await watching.next()).object.metadata.resourceVersion);
      orders.push(order);
      starts.push(order[1]!);
    }
    await writing;
    // Each began two events after the one before it.
    for (let i = 1; i < orders.length; i++) expect(orders[i]!.slice(0, 18)).toEqual(orders[i - 1]!.slice(2));
  });
});

/** Creations, changes and deletions over a few names, one after the other. */
async function write(namespace: string, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const name = `turn-${turn % 5}`;
    const step = Math.floor(turn / 5) % 3;
    if (step === 0) await create(namespace, name);
    else if (step === 1) await patch(namespace, name, { data: { turn: String(turn) } });
    else await remove(namespace, name);
  }
}
