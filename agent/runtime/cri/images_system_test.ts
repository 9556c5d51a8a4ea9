import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ociImage, serveRegistry } from "../../images/testing/oci.ts";
import type { ImageService, RuntimeError } from "../contract.ts";
import { type TestNode, testNode } from "../testing/test_node.ts";

describe("CRI images from a registry", () => {
  let node: TestNode;
  let images: ImageService;
  beforeAll(async () => {
    node = await testNode();
    images = node.supervised.runtime.images;
  });
  afterAll(() => node?.end());

  async function reason(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      return (error as RuntimeError).reason;
    }
    return "resolved";
  }

  it("are pulled, listed and removed", async () => {
    const image = await ociImage("one");
    const registry = serveRegistry(image);
    try {
      const name = `${registry.host}/team/app:v1`;
      const id = await images.pull(name);
      expect(await images.get(name)).toMatchObject({ id, tags: [name] });
      expect((await images.get(name))?.digests).toEqual([`${registry.host}/team/app@${image.manifestDigest}`]);
      await images.remove(name);
      expect(await images.get(name)).toBeUndefined();
      expect(await reason(images.pull(`${registry.host}/team/other:v1`))).toBe("pullFailed");
    } finally {
      await registry.close();
    }
  });

  it("are pulled with the right credentials only", async () => {
    const credentials = { username: "jane", password: "secret" };
    const registry = serveRegistry(await ociImage("two"), credentials);
    try {
      const name = `${registry.host}/team/app:v1`;
      expect(await reason(images.pull(name))).toBe("pullUnauthorized");
      expect(await reason(images.pull(name, { ...credentials, password: "wrong" }))).toBe("pullUnauthorized");
      await images.pull(name, credentials);
      await images.remove(name);
      await images.pull(name, { auth: btoa("jane:secret") });
      expect(await images.get(name)).toBeDefined();
    } finally {
      await registry.close();
    }
  });

  it("cannot be pulled from where there is no registry", async () => {
    const gone = serveRegistry(await ociImage("three"));
    await gone.close();
    expect(await reason(images.pull(`${gone.host}/team/app:v1`))).toBe("pullFailed");
  });
});
