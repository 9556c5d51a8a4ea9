import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PASSWORD, TestRegistry, USERNAME } from "../../../tests/fixtures/registry.ts";
import type { ImageService } from "../../runtime/contract.ts";
import { type TestNode, testNode } from "../../runtime/testing/test_node.ts";
import { ociImage } from "../testing/oci.ts";
import { credentialsByHost } from "./hosts_toml.ts";
import { type OpenedRegistries, openRegistries } from "./open_registries.ts";
import { parseRegistries } from "./registries_file.ts";

describe("registries.yaml with containerd and a real registry", () => {
  let registry: TestRegistry;
  let node: TestNode;
  let opened: OpenedRegistries | undefined;
  let images: ImageService;
  let auth = "";

  beforeAll(async () => {
    registry = await TestRegistry.start();
    auth = `auth: {username: ${USERNAME}, password: ${PASSWORD}}`;
    await registry.push("team/app", "1", await ociImage("app"));
    await registry.push("hub/hello", "1", await ociImage("hello"));
    const credentials = credentialsByHost(parseRegistries(`configs: {"${registry.host}": {${auth}}}`, "here"));
    node = await testNode({ credentials });
    images = node.supervised.runtime.images;
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  afterAll(async () => {
    await node?.end();
    await registry?.[Symbol.asyncDispose]();
  });

  async function configure(text: string, onlyMirrors = true): Promise<void> {
    const file = `${node.dataDir}/registries.yaml`;
    await Deno.writeTextFile(file, text);
    opened = await openRegistries({ file, directory: node.supervised.paths.certsDir, onlyMirrors });
  }

  async function pulled(image: string): Promise<readonly string[]> {
    await images.pull(image);
    return (await images.get(image))!.tags;
  }

  it("pulls through a mirror with its authority and credentials", async () => {
    await configure(`
mirrors: {quay.example: {endpoint: ["https://${registry.host}"]}}
configs: {"${registry.host}": {tls: {ca_file: ${registry.caFile}}}}`);
    expect(await pulled("quay.example/team/app:1")).toContain("quay.example/team/app:1");
  });

  it("pulls under another name, which the node does not see", async () => {
    await configure(`
mirrors:
  docker.io:
    endpoint: ["https://${registry.host}"]
    rewrite: {"^library/(.*)": "hub/$1"}
configs: {"${registry.host}": {${auth}, tls: {ca_file: ${registry.caFile}}}}`);
    expect(await pulled("hello:1")).toContain("docker.io/library/hello:1");
    await expect(images.pull("library/app:1")).rejects.toMatchObject({ reason: "pullFailed" });
  });

  it("pulls under another name from a path of the mirror's own, without looking at its certificate", async () => {
    await configure(`
mirrors:
  "*":
    endpoint: ["https://${registry.host}/v2"]
    rewrite: {".*/": "team/"}
configs: {"*": {${auth}, tls: {insecure_skip_verify: true}}}`);
    expect(await pulled("gcr.example/any/thing/app:1")).toContain("gcr.example/any/thing/app:1");
  });

  it("lets a Pod's own credentials through to a mirror that rewrites", async () => {
    await configure(`
mirrors:
  ghcr.example:
    endpoint: ["https://${registry.host}"]
    rewrite: {"^(.*)$": "team/$1"}
configs: {"${registry.host}": {tls: {ca_file: ${registry.caFile}}}}`);
    await expect(images.pull("ghcr.example/app:1")).rejects.toThrow();
    await images.pull("ghcr.example/app:1", { username: USERNAME, password: PASSWORD });
    expect((await images.get("ghcr.example/app:1"))!.tags).toContain("ghcr.example/app:1");
  });

  it("knows the authority of a registry without a mirror, and does without when the file has gone", async () => {
    const image = `${registry.host}/team/app:1`;
    await configure(`configs: {"${registry.host}": {tls: {ca_file: ${registry.caFile}}}}`);
    expect(await pulled(image)).toContain(image);
    await configure("");
    await images.remove(image);
    await expect(images.pull(image)).rejects.toMatchObject({ reason: "pullFailed" });
  });

  it("leaves directories alone that others made", async () => {
    const folder = `${node.supervised.paths.certsDir}/own.example`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/hosts.toml`, "# mine\n");
    await configure(`mirrors: {own.example: {endpoint: [other.example]}, more.example: {endpoint: [other.example]}}`);
    expect(await Deno.readTextFile(`${folder}/hosts.toml`)).toBe("# mine\n");
    const names = [...Deno.readDirSync(node.supervised.paths.certsDir)].map(({ name }) => name).toSorted();
    expect(names).toEqual(["more.example", "own.example"]);
    expect((await Deno.stat(`${node.supervised.paths.certsDir}/more.example/hosts.toml`)).mode! & 0o777).toBe(0o600);
  });
});
