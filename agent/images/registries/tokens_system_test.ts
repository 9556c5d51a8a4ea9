import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PASSWORD, TestRegistry, USERNAME } from "../../../tests/fixtures/registry.ts";
import { TokenServer } from "../../../tests/fixtures/token_server.ts";
import type { ImageService } from "../../runtime/contract.ts";
import { type TestNode, testNode } from "../../runtime/testing/test_node.ts";
import { ociImage } from "../testing/oci.ts";
import { credentialsByHost } from "./hosts_toml.ts";
import { type OpenedRegistries, openRegistries } from "./open_registries.ts";
import { parseRegistries } from "./registries_file.ts";

const known = `Basic ${btoa(`${USERNAME}:${PASSWORD}`)}`;

describe("a registry whose authorization service gives tokens", () => {
  let tokens: TokenServer;
  let registry: TestRegistry;
  let node: TestNode;
  let images: ImageService;
  let opened: OpenedRegistries | undefined;
  let auth = "";

  beforeAll(async () => {
    tokens = await TokenServer.start({ username: USERNAME, password: PASSWORD, publicPrefix: "public/" });
    registry = await TestRegistry.start(tokens);
    auth = `auth: {username: ${USERNAME}, password: ${PASSWORD}}`;
    await registry.push("team/app", "1", await ociImage("app"));
    await registry.push("public/hello", "1", await ociImage("hello"));
    const credentials = credentialsByHost(parseRegistries(`configs: {"${registry.host}": {${auth}}}`, "here"));
    node = await testNode({ credentials });
    images = node.supervised.runtime.images;
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
    tokens.asked.splice(0);
  });
  afterAll(async () => {
    await node?.end();
    await registry?.[Symbol.asyncDispose]();
    await tokens?.[Symbol.asyncDispose]();
  });

  async function configure(mirror: string, config: string): Promise<void> {
    const file = `${node.dataDir}/registries.yaml`;
    await Deno.writeTextFile(
      file,
      `mirrors: {${mirror}}\nconfigs: {"${registry.host}": {${config}}}\n`,
    );
    opened = await openRegistries({ file, directory: node.supervised.paths.certsDir, onlyMirrors: true });
  }
  const tls = () => `tls: {ca_file: ${registry.caFile}}`;
  const rewriting = (name: string) => `${name}: {endpoint: ["https://${registry.host}"], rewrite: {"^(.*)$": "$1"}}`;

  it("is asked by containerd with the credentials of registries.yaml", async () => {
    await configure(`quay.example: {endpoint: ["https://${registry.host}"]}`, tls());
    await images.pull("quay.example/team/app:1");
    expect((await images.get("quay.example/team/app:1"))!.tags).toEqual(["quay.example/team/app:1"]);
    expect(tokens.asked).toContainEqual({ authorization: known, scope: "repository:team/app:pull" });
  });

  it("is asked for a mirror that rewrites, once for all parts of an image", async () => {
    await configure(rewriting("rewritten.example"), `${auth}, ${tls()}`);
    await images.pull("rewritten.example/team/app:1");
    expect((await images.get("rewritten.example/team/app:1"))!.tags).toContain("rewritten.example/team/app:1");
    expect(tokens.asked).toEqual([{ authorization: known, scope: "repository:team/app:pull" }]);
  });

  it("gives strangers a token for what is public, and nothing else", async () => {
    await configure(rewriting("open.example"), tls());
    await images.pull("open.example/public/hello:1");
    expect((await images.get("open.example/public/hello:1"))!.tags).toContain("open.example/public/hello:1");
    expect(tokens.asked).toEqual([{ authorization: undefined, scope: "repository:public/hello:pull" }]);
    await expect(images.pull("open.example/team/app:1")).rejects.toMatchObject({ reason: "pullUnauthorized" });
  });

  it("refuses a wrong password", async () => {
    await configure(rewriting("wrong.example"), `auth: {username: ${USERNAME}, password: wrong}, ${tls()}`);
    await expect(images.pull("wrong.example/team/app:1")).rejects.toMatchObject({ reason: "pullUnauthorized" });
    expect(tokens.asked[0]?.authorization).toBe(`Basic ${btoa(`${USERNAME}:wrong`)}`);
  });

  it("is not asked when the registry's certificate is nobody's", async () => {
    for (const mirror of [rewriting("strange.example"), `strange.example: {endpoint: ["https://${registry.host}"]}`]) {
      await configure(mirror, auth);
      await expect(images.pull("strange.example/public/hello:1")).rejects.toMatchObject({ reason: "pullFailed" });
      await opened?.close();
    }
    expect(tokens.asked).toEqual([]);
  });
});
