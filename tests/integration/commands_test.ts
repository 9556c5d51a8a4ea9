import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secrets, services } from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { run } from "../e2e/cluster.ts";
import { freePort } from "../fixtures/free_port.ts";
import { Server, skiff } from "../fixtures/server_process.ts";

/** The commands, as their users run them, on one server that is configured by files. */
describe("skiff's commands", () => {
  let root = "";
  let server: Server;
  let place: string[] = [];
  beforeAll(async () => {
    root = await Deno.makeTempDir({ prefix: "skiff-commands-" });
    const config = `${root}/config.yaml`;
    await Deno.mkdir(`${config}.d`);
    await Deno.writeTextFile(
      config,
      "tls-san: [one.example]\nservice-cidr: 10.99.0.0/16\nwrite-kubeconfig-mode: 0640\n",
    );
    await Deno.writeTextFile(`${config}.d/more.yaml`, "tls-san+: two.example\nsecrets-encryption: true\n");
    server = await Server.start(`${root}/data`, `--config=${config}`);
    place = [`--data-dir=${server.dataDir}`];
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await Deno.remove(root, { recursive: true });
  });

  /** What a command printed; throws when it failed. */
  async function said(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await skiff(...args);
    if (code !== 0) throw new Error(`skiff ${args.join(" ")} failed (${code}): ${stderr}`);
    return stdout.trimEnd();
  }

  it("follow the configuration file", async () => {
    using client = await server.client();
    expect((await client.get(services, { namespace: "default", name: "kubernetes" })).spec?.clusterIP).toBe(
      "10.99.0.1",
    );
    expect((await Deno.stat(`${server.dataDir}/kubeconfig`)).mode! & 0o777).toBe(0o640);
    const shown = JSON.parse(
      await said("config", "server", `--config=${root}/config.yaml`, "--output=json", "--disable-agent"),
    );
    const of = (flag: string) => shown.find((row: { flag: string }) => row.flag === flag);
    expect(of("--tls-san")).toEqual({
      flag: "--tls-san",
      value: ["one.example", "two.example"],
      from: `${root}/config.yaml:1, ${root}/config.yaml.d/more.yaml:1`,
    });
    expect([of("--disable-agent").from, of("--cluster-cidr").from]).toEqual(["flag", "default"]);
  }, 60_000);

  it("make, list and delete tokens", async () => {
    const command = await said(
      "token",
      "create",
      "--ttl=1h",
      "--description=harbour",
      "--print-join-command",
      ...place,
    );
    const [, token = ""] =
      /^skiff agent --server https:\S+ --token S10[0-9a-f]{64}::([a-z0-9]{6}\.[a-z0-9]{16})$/.exec(command) ?? [];
    expect(token).not.toBe("");
    const [listed] = JSON.parse(await said("token", "list", "-o", "json", ...place));
    expect(listed).toMatchObject({
      token,
      description: "harbour",
      usages: ["authentication", "signing"],
      expired: false,
    });
    // It authenticates, as it says.
    using client = await server.client();
    const review = await client.get(secrets, { namespace: "kube-system", name: `bootstrap-token-${listed.id}` });
    expect(review.type).toBe("bootstrap.kubernetes.io/token");
    expect(await said("token", "delete", token, ...place)).toBe(`deleted ${listed.id}`);
    expect(await said("token", "list", ...place)).toBe("");
    expect(await said("token", "join-command", "--as=server", ...place)).toMatch(
      /^skiff server --server \S+ --token S10\S+::server:/,
    );
  }, 60_000);

  it("encrypt Secrets, turn to new keys and back to plain text", async () => {
    using client = await server.client();
    await client.create(secrets, {
      metadata: { name: "hidden", namespace: "default" },
      stringData: { password: "harbour-master" },
    });
    const isInFile = async () => {
      const texts = await Promise.all(
        ["", "-wal"].map((end) => Deno.readFile(`${server.dataDir}/server/db/state.db${end}`)),
      );
      return texts.some((bytes) => new TextDecoder("latin1").decode(bytes).includes(btoa("harbour-master")));
    };
    expect(await isInFile()).toBe(false);
    const before = JSON.parse(await said("secrets-encrypt", "status", "-o", "json", ...place));
    expect([before.enabled, before.plain, before.stale]).toEqual([true, 0, 0]);
    await said("secrets-encrypt", "rotate-keys", ...place);
    const after = JSON.parse(await said("secrets-encrypt", "status", "-o", "json", ...place));
    expect([after.keys.length, after.keys[0] === before.keys[0], after.stale]).toEqual([1, false, 0]);
    expect(await said("secrets-encrypt", "disable", ...place)).toContain("encryption: disabled");
    await retry("the Secret as plain text", async () => expect(await isInFile()).toBe(true));
    const { data } = await client.get(secrets, { namespace: "default", name: "hidden" });
    expect(data).toEqual({ password: btoa("harbour-master") });
  }, 60_000);

  it("make certificates and the authority anew, and kubeconfigs of before go on working", async () => {
    const dataDir = `${root}/rotated`;
    const before = `${dataDir}/before`;
    const port = `--https-listen-port=${freePort()}`;
    const serve = () => Server.start(dataDir, port);
    const states = async () => {
      const rows: { file: string; state: string }[] = JSON.parse(
        await said("certificate", "check", "-o", "json", `--data-dir=${dataDir}`),
      );
      return Object.fromEntries(rows.map(({ file, state }) => [file.split("/").at(-1), state]));
    };
    const serving = () => Deno.readTextFile(`${dataDir}/server/tls/serving-kube-apiserver.crt`);
    const sees = async (kubeconfig: string) =>
      (await run("kubectl", [`--kubeconfig=${kubeconfig}`, "get", "namespace", "default", "-o", "name"])).stdout;
    {
      await using _server = await serve();
      await Deno.copyFile(`${dataDir}/kubeconfig`, before);
      expect(new Set(Object.values(await states()))).toEqual(new Set(["ok"]));
      const first = await serving();
      await said("certificate", "rotate", "--service=api-server", `--data-dir=${dataDir}`);
      expect(await serving()).not.toBe(first);
      await said("certificate", "rotate-ca", `--data-dir=${dataDir}`);
      expect((await states())["client-admin.crt"]).toBe("of an old authority");
    }
    {
      await using _server = await serve();
      expect(new Set(Object.values(await states()))).toEqual(new Set(["ok"]));
      expect([await sees(before), await sees(`${dataDir}/kubeconfig`)]).toEqual([
        "namespace/default\n",
        "namespace/default\n",
      ]);
      await said("certificate", "rotate-ca", "--forget-old", `--data-dir=${dataDir}`);
    }
    await using _server = await serve();
    expect([await sees(before), await sees(`${dataDir}/kubeconfig`)]).toEqual(["", "namespace/default\n"]);
  }, 120_000);

  it("run kubectl with the cluster's kubeconfig and pass its exit code on", async () => {
    const found = await skiff("kubectl", ...place, "get", "-n", "default", "service", "kubernetes", "--output=name");
    expect([found.code, found.stdout]).toEqual([0, "service/kubernetes\n"]);
    const missing = await skiff("kubectl", ...place, "get", "service", "nothing");
    expect([missing.code, missing.stderr]).toEqual([1, 'Error from server (NotFound): services "nothing" not found\n']);
  }, 60_000);

  it("say what is wrong, and what to do", async () => {
    const wrong: readonly [string[], string][] = [
      [
        ["token", "list", "--data-dir=/nowhere"],
        "there is no /nowhere/server/cred/admin.kubeconfig: is /nowhere the data directory of a running server?",
      ],
      [["token", "delete", "zzzzzz", ...place], "there is no token zzzzzz; skiff token list shows what there is"],
      [
        ["images", "list", ...place],
        `no containerd runs for ${server.dataDir}: is it the data directory of a running agent?`,
      ],
      [["secrets-encrypt", "rotate", ...place], "there is no further key to turn to: begin with prepare"],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await skiff(...args);
      expect([args, code]).toEqual([args, 1]);
      expect(stderr).toContain(message);
    }
  }, 60_000);
});
