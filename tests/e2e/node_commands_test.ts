import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ociImage } from "../../agent/images/testing/oci.ts";
import { PASSWORD, TestRegistry, USERNAME } from "../fixtures/registry.ts";
import { IMAGE, type Output, run, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const skiff = new URL("../../scripts/skiff", import.meta.url).pathname;

describe("a node's registries and commands", () => {
  let registry: TestRegistry;
  let cluster: TestCluster;
  beforeAll(async () => {
    registry = await TestRegistry.start();
    await registry.push("hub/hello", "1", await ociImage("hello"));
    await Deno.writeTextFile(
      `${registry.directory}/registries.yaml`,
      `
mirrors:
  docker.io:
    endpoint: ["https://${registry.host}"]
    rewrite: {"^library/(.*)": "hub/$1"}
configs:
  "${registry.host}":
    auth: {username: ${USERNAME}, password: ${PASSWORD}}
    tls: {ca_file: ${registry.caFile}}
`,
    );
    cluster = await TestCluster.start({
      flags: [
        `--private-registry=${registry.directory}/registries.yaml`,
        "--disable-default-registry-endpoint",
        "--node-external-ip=203.0.113.9",
        "--kubelet-arg=max-pods=17",
      ],
    });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  function command(...args: string[]): Promise<Output> {
    return run(skiff, args, { env: { SKIFF_DATA_DIR: cluster.dataDir, KUBECONFIG: "" } });
  }

  it("pull Pods' images through a mirror that has them under other names", async () => {
    await cluster.kubectl("run", "hello", "--image=hello:1", "--restart=Never");
    await retry("the image of the Pod", async () => {
      const events = await cluster.kubectl(
        "get",
        "events",
        "--field-selector=reason=Pulled",
        "-o",
        "jsonpath={.items[*].message}",
      );
      expect(events).toContain('Successfully pulled image "hello:1"');
    }, 60_000);
    const { stdout } = await command("images", "list", "-o", "json");
    const tags = JSON.parse(stdout).flatMap((image: { tags: string[] }) => image.tags);
    expect(tags).toContain("docker.io/library/hello:1");
    expect(tags).toContain(IMAGE);
  }, 120_000);

  it("show the node as the flags say", async () => {
    expect(await cluster.jsonpath("nodes", '{.items[0].status.addresses[?(@.type=="ExternalIP")].address}')).toBe(
      "203.0.113.9",
    );
    expect(await cluster.jsonpath("nodes", "{.items[0].status.allocatable.pods}")).toBe("17");
  });

  it("export images and import them again", async () => {
    const archive = `${cluster.directory}/images.tar`;
    const exported = await command("images", "export", archive, IMAGE);
    expect([exported.code, exported.stderr]).toEqual([0, ""]);
    expect((await command("ctr", "images", "rm", IMAGE)).code).toBe(0);
    expect((await command("images", "import", archive)).stdout).toBe(`imported ${IMAGE}\n`);
    expect((await command("ctr", "images", "ls", "-q")).stdout.split("\n")).toContain(IMAGE);
    const wrong = await command("images", "export", archive, "no/such:1");
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      "error: there is no image docker.io/no/such:1 on this node; skiff images list shows what there is\n",
    ]);
    await Deno.writeTextFile(`${cluster.directory}/broken.tar`, "no archive");
    const broken = await command("images", "import", `${cluster.directory}/broken.tar`);
    expect([broken.code, broken.stderr.startsWith(`error: ${cluster.directory}/broken.tar: `)]).toEqual([1, true]);
  }, 60_000);
});
