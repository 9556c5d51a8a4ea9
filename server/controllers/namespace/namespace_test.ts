import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, deployments, namespaces, pods } from "../../../api/resources.ts";
import { schema } from "../../../api/schema/schema.ts";
import { forbidden } from "../../../api/status.ts";
import { World } from "../testing/world.ts";
import { namespaceController } from "./namespace.ts";

describe("namespaceController", () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.client.create(namespaces, { metadata: { name: "test" }, spec: { finalizers: ["kubernetes"] } });
    await world.client.create(configmaps, { metadata: { name: "c", namespace: "test" } });
    await world.client.create(configmaps, { metadata: { name: "kept", namespace: "default" } });
    await world.client.create(pods, { metadata: { name: "p", namespace: "test" }, spec: { containers: [] } });
    await world.start((context) => namespaceController(context, () => schema.resources()));
  });

  afterEach(() => world.stop());

  const remove = async () => {
    await world.client.delete(namespaces, { name: "test" });
    await world.settle(100);
  };
  const conditions = () =>
    (world.client.all(namespaces)[0]?.status?.conditions ?? []).filter(({ status }) => status === "True")
      .map(({ type, message }) => `${type}: ${message}`);
  const release = (name: string, resource: typeof pods | typeof configmaps) =>
    world.client.patch(resource as typeof pods, { namespace: "test", name }, {
      type: "merge",
      patch: { metadata: { finalizers: null } },
    });

  it("leaves a namespace alone that nobody deletes", async () => {
    await world.settle(60_000);
    expect(world.client.all(configmaps)).toHaveLength(2);
  });

  it("deletes all that is in the namespace, then lets it go", async () => {
    await remove();
    expect(world.client.all(namespaces)).toEqual([]);
    expect(world.names(configmaps)).toEqual(["kept"]);
    expect(world.client.all(pods)).toEqual([]);
    const writes = world.client.writes();
    expect(writes.indexOf("deleteCollection pods test/")).toBeLessThan(
      writes.indexOf("deleteCollection configmaps test/"),
    );
  });

  it("waits for Pods before it touches anything else, and says what is left", async () => {
    await world.client.patch(pods, { namespace: "test", name: "p" }, {
      type: "merge",
      patch: { metadata: { finalizers: ["example.com/hold"] } },
    });
    await remove();
    expect(world.names(configmaps)).toEqual(["kept", "c"]);
    expect(conditions()).toEqual([
      "NamespaceContentRemaining: Some resources are remaining: pods. has 1 resource instances",
      "NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ]);
    await release("p", pods);
    await world.settle(100);
    expect(world.client.all(namespaces)).toEqual([]);
  });

  it("tells of what it cannot delete and tries again", async () => {
    world.client.intercept = ({ verb, resource }) => {
      if (verb === "deleteCollection" && resource === "configmaps") throw forbidden(configmaps, "", "not today");
    };
    await remove();
    expect(conditions()[0]).toContain(
      "NamespaceDeletionContentFailure: Failed to delete all resource types, 1 remaining",
    );
    world.client.intercept = undefined;
    await world.settle(10_000);
    expect(world.client.all(namespaces)).toEqual([]);
  });

  it("empties a namespace in which things are still being made", async () => {
    world.client.intercept = async ({ verb, resource }) => {
      if (verb !== "deleteCollection" || resource !== "configmaps") return;
      world.client.intercept = undefined;
      await world.client.create(deployments, {
        metadata: { name: "late", namespace: "test", finalizers: ["example.com/hold"] },
        spec: { selector: {}, template: { spec: { containers: [] } } },
      });
    };
    await remove();
    expect(world.client.all(namespaces)).toHaveLength(1);
    await world.client.patch(deployments, { namespace: "test", name: "late" }, {
      type: "merge",
      patch: { metadata: { finalizers: null } },
    });
    await world.settle(100);
    expect(world.client.all(namespaces)).toEqual([]);
  });
});
