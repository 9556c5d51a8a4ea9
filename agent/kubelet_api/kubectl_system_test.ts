import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testContainer, testSandbox } from "../runtime/suite_test_cases.ts";
import { BUSYBOX, type TestNode, testNode } from "../runtime/testing/test_node.ts";
import { type ApiServerFace, startApiServerFace } from "./testing/api_server_face.ts";
import { type NodeApi, startNodeApi, type TestPod } from "./testing/node_api.ts";

/** Both forms that kubectl speaks: WebSocket since 1.31, SPDY before and where the former is refused. */
const FORMS = ["true", "false"] as const;

describe("kubectl over the node's API", () => {
  let node: TestNode;
  let api: NodeApi;
  let face: ApiServerFace;
  let kubeconfig: string;

  beforeAll(async () => {
    node = await testNode();
    const { runtime } = node.supervised;
    const sandbox = testSandbox("web", node.logDirectory);
    const sandboxId = await runtime.runSandbox(sandbox);
    const id = await runtime.createContainer(
      sandboxId,
      testContainer("web", BUSYBOX, ["httpd", "-f", "-p", "8080", "-h", "/www"]),
      sandbox,
    );
    await runtime.startContainer(id);
    const containers = { web: { id, logPath: `${node.logDirectory}/web.log` } };
    const pod: TestPod = { namespace: "default", name: "web", sandboxId, containers };
    api = await startNodeApi(runtime, [pod]);
    face = await startApiServerFace(api, pod, api.server);
    kubeconfig = `${node.dataDir}/kubeconfig`;
    await Deno.writeTextFile(kubeconfig, face.kubeconfig);
  });
  afterAll(async () => {
    await face?.close();
    await api?.api.close();
    await node?.end();
  });

  function kubectl(webSockets: string, args: readonly string[], stdin: "null" | "piped" = "null"): Deno.ChildProcess {
    const env = {
      KUBECONFIG: kubeconfig,
      KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
      KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
      KUBECACHEDIR: `${node.dataDir}/kubecache`,
    };
    return new Deno.Command("kubectl", { args: [...args], env, stdin, stdout: "piped", stderr: "piped" }).spawn();
  }
  async function run(webSockets: string, args: readonly string[], input?: Uint8Array) {
    const child = kubectl(webSockets, args, input ? "piped" : "null");
    // A kubectl that fails early says why on its own.
    const fed = input && new Blob([input as Uint8Array<ArrayBuffer>]).stream().pipeTo(child.stdin).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    await fed;
    return { code, stdout, text: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  }

  for (const form of FORMS) {
    const name = form === "true" ? "WebSocket" : "SPDY";

    it(`executes over ${name}: output, errors, exit code`, async () => {
      const { code, text, stderr } = await run(form, [
        "exec",
        "web",
        "--",
        "sh",
        "-c",
        "echo out; echo err >&2; exit 5",
      ]);
      expect([code, text]).toEqual([5, "out\n"]);
      expect(stderr).toContain("err\n");
      expect(stderr).toContain("exit code 5");
    });

    it(`pipes 20 MB through a command over ${name}`, async () => {
      const input = new Uint8Array(20 * 1024 * 1024).map((_, i) => i * 31 >> 3);
      const { code, stdout } = await run(form, ["exec", "-i", "web", "--", "cat"], input);
      const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
      expect([code, stdout.length, hash(stdout)]).toEqual([0, input.length, hash(input)]);
    }, 60_000);

    it(`copies files both ways over ${name}`, async () => {
      const [from, back] = [`${node.dataDir}/from-${form}`, `${node.dataDir}/back-${form}`];
      await Deno.writeTextFile(from, "copied\n".repeat(10_000));
      expect((await run(form, ["cp", from, `web:/tmp/${form}`])).code).toBe(0);
      expect((await run(form, ["cp", `web:/tmp/${form}`, back])).code).toBe(0);
      expect(await Deno.readTextFile(back)).toBe(await Deno.readTextFile(from));
    });

    it(`forwards a port over ${name}, many connections`, async () => {
      const child = kubectl(form, ["port-forward", "web", ":8080"]);
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let said = "";
      while (!/127\.0\.0\.1:\d+/.test(said)) said += (await lines.read()).value ?? "";
      const port = /127\.0\.0\.1:(\d+)/.exec(said)![1];
      try {
        const answers = await Promise.all(
          Array.from({ length: 20 }, async () => await (await fetch(`http://127.0.0.1:${port}/index.html`)).text()),
        );
        expect(new Set(answers)).toEqual(new Set(["hello from busybox\n"]));
      } finally {
        child.kill("SIGTERM");
        await lines.cancel();
        await child.stderr.cancel();
        await child.status;
      }
    });
  }
});
