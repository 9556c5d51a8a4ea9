import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, type Output, run, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

/** Where scripts/test has put other people's clients. */
function tool(name: string): string {
  const path = Deno.env.get(name);
  if (path === undefined) throw new Error(`${name} is not set: run this by scripts/test e2e`);
  return path;
}

const here = new URL("./clients/", import.meta.url).pathname;

describe("other people's clients", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const environment = () => ({ KUBECONFIG: cluster.kubeconfig, HOME: cluster.directory });

  async function helm(...args: string[]): Promise<Output> {
    const output = await run(tool("SKIFF_TEST_HELM"), args, { env: environment() });
    if (output.code !== 0) {
      throw new Error(`helm ${args.join(" ")} failed (${output.code}): ${output.stderr}${output.stdout}`);
    }
    return output;
  }

  it("helm installs, tests, upgrades, rolls back and uninstalls", async () => {
    const values = ["--set", `image=${IMAGE}`, "--wait", "--timeout=90s"];
    const { stdout } = await helm("install", "site", `${here}chart`, ...values);
    expect(stdout).toContain("STATUS: deployed");
    expect(await cluster.kubectl("logs", "job/site-before")).toBe("before revision 1\n");
    expect((await helm("test", "site", "--timeout=60s")).stdout).toContain("Phase:          Succeeded");
    await helm("upgrade", "site", `${here}chart`, ...values, "--set", "greeting=changed,replicas=2");
    expect((await helm("test", "site", "--timeout=60s")).stdout).toContain("Phase:          Succeeded");
    expect(await cluster.jsonpath("deployment site", "{.status.readyReplicas}")).toBe("2");
    const broken = await run(
      tool("SKIFF_TEST_HELM"),
      ["upgrade", "site", `${here}chart`, "--set", `image=${IMAGE},replicas=-1`],
      { env: environment() },
    );
    expect(broken.code).not.toBe(0);
    expect(broken.stderr).toContain("spec.replicas: Invalid value: -1: must be greater than or equal to 0");
    await helm("rollback", "site", "1", "--wait", "--timeout=90s");
    expect(await cluster.jsonpath("configmap site-page", "{.data['index\\.html']}")).toBe("hello");
    const history = JSON.parse((await helm("history", "site", "-o", "json")).stdout) as { status: string }[];
    expect(history.map(({ status }) => status)).toEqual(["superseded", "superseded", "failed", "deployed"]);
    expect((await helm("list", "-o", "json")).stdout).toContain('"name":"site"');
    await helm("uninstall", "site", "--wait", "--timeout=60s");
    expect(
      await cluster.kubectl(
        "get",
        "deployments,services,configmaps",
        "-l",
        "app.kubernetes.io/managed-by=Helm",
        "-o",
        "name",
      ),
    ).toBe("");
  }, 240_000);

  it("the Python client works with objects, watches, commands and logs", async () => {
    const env = { ...environment(), PYTHONPATH: tool("SKIFF_TEST_PYTHON_CLIENT"), PYTHONDONTWRITEBYTECODE: "1" };
    const output = await run("python3", [`${here}judge.py`, IMAGE], { env });
    expect(output.stderr + output.stdout).toContain("python: ok");
  }, 120_000);

  it("the JavaScript client works with informers, applies, commands and logs", async () => {
    // Modules are looked up beside the program: it runs from the client's directory.
    const directory = tool("SKIFF_TEST_JAVASCRIPT_CLIENT");
    const program = `${directory}/judge-${crypto.randomUUID()}.mjs`;
    await Deno.copyFile(`${here}judge.mjs`, program);
    try {
      const output = await run("node", [program, IMAGE], { env: environment() });
      expect(output.stderr + output.stdout).toContain("javascript: ok");
    } finally {
      await Deno.remove(program);
    }
  }, 120_000);

  it("a controller-runtime operator reconciles Deployments over protobuf", async () => {
    const operator = new Deno.Command(tool("SKIFF_TEST_OPERATOR"), {
      env: environment(),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const log = new Response(operator.stderr).text();
    let ended = false;
    void operator.status.then(() => ended = true);
    const configMap = (path: string) => cluster.jsonpath("configmap counted --ignore-not-found", path);
    try {
      await cluster.kubectl("create", "deployment", "counted", `--image=${IMAGE}`, "--replicas=0");
      await cluster.kubectl("label", "deployment", "counted", "judge=operator");
      await retry("the operator's ConfigMap", async () => {
        if (ended) throw new Error(`the operator ended: ${await log}`);
        expect(await configMap("{.data.replicas}")).toBe("0");
      }, 60_000);
      expect(await configMap("{.metadata.ownerReferences[0].name}")).toBe("counted");
      await cluster.kubectl("patch", "deployment", "counted", "-p", '{"spec":{"replicas":3,"paused":true}}');
      await retry("the ConfigMap to follow", async () => expect(await configMap("{.data.replicas}")).toBe("3"), 30_000);
      await cluster.kubectl("delete", "configmap", "counted");
      await retry(
        "the ConfigMap to come back",
        async () => expect(await configMap("{.data.replicas}")).toBe("3"),
        30_000,
      );
      await cluster.kubectl("delete", "deployment", "counted", "--timeout=60s");
      expect(await cluster.jsonpath("configmap farewells", "{.data.counted}")).toBe("gone");
      await retry(
        "the ConfigMap to be collected",
        async () => expect(await configMap("{.data.replicas}")).toBe(""),
        30_000,
      );
    } finally {
      if (!ended) operator.kill("SIGTERM");
      await operator.status;
      await log;
    }
  }, 240_000);
});
