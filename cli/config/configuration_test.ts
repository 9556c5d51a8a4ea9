import { describe, expect, it } from "vitest";
import { Command } from "commander";
import { type ServerFlags, withServerFlags } from "../server_flags.ts";
import { originOf, tellingOrigin } from "./configuration.ts";
import { UserError } from "../error.ts";

interface Given {
  readonly args?: readonly string[];
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Parses as `skiff server` does. */
async function parsed({ args = [], file = "", env = {} }: Given): Promise<{ flags: ServerFlags; command: Command }> {
  const path = await Deno.makeTempFile({ prefix: "skiff-config-", suffix: ".yaml" });
  const program = new Command("skiff").exitOverride().enablePositionalOptions();
  const command = withServerFlags(new Command("server"), () => env).exitOverride().configureOutput({
    writeErr: () => {},
  });
  program.addCommand(command.action(() => {}));
  try {
    await Deno.writeTextFile(path, file);
    await program.parseAsync(["server", `--config=${path}`, ...args], { from: "user" });
    return { flags: command.opts<ServerFlags>(), command };
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(path, "FILE");
    throw error;
  } finally {
    await Deno.remove(path);
  }
}

function originIn(command: Command, long: string): string {
  return originOf(command, command.options.find((option) => option.long === long)!);
}

describe("configuration of skiff server", () => {
  it("takes flags before variables before the file", async () => {
    const { flags, command } = await parsed({
      args: ["--https-listen-port=1", "--node-label=from=flag"],
      env: { SKIFF_HTTPS_LISTEN_PORT: "2", SKIFF_DATA_DIR: "/env", SKIFF_KUBECONFIG_MODE: "640" },
      file: "https-listen-port: 3\ndata-dir: /file\nnode-name: file\nnode-label: [from=file, more=file]",
    });
    expect([flags.httpsListenPort, flags.dataDir, flags.nodeName, flags.writeKubeconfigMode, flags.bindAddress])
      .toEqual(["1", "/env", "file", "640", "0.0.0.0"]);
    expect(flags.nodeLabel).toEqual(["from=flag"]);
    expect(["--https-listen-port", "--data-dir", "--bind-address"].map((flag) => originIn(command, flag)))
      .toEqual(["flag", "SKIFF_DATA_DIR", "default"]);
    expect(originIn(command, "--node-name")).toMatch(/\.yaml:3$/);
  });

  it("takes lists, truth values and hidden names of flags", async () => {
    const { flags } = await parsed({
      file: "disable-agent: true\nhttp1-only: false\ntls-san: [a, 'b,c']\netcd-snapshot-retention: 7\nd: /short",
      env: { SKIFF_NODE_TAINT: "a=b:NoSchedule,c:NoExecute", SKIFF_DEBUG: "false" },
    });
    expect([flags.disableAgent, flags.http1Only, flags.debug]).toEqual([true, false, false]);
    expect([flags.tlsSan, flags.nodeTaint]).toEqual([["a", "b", "c"], ["a=b:NoSchedule", "c:NoExecute"]]);
    expect([flags.etcdSnapshotRetention, flags.dataDir]).toEqual(["7", "/short"]);
  });

  it("passes arguments of Kubernetes' components on", async () => {
    const { flags, command } = await parsed({
      args: ["--kubelet-arg=max-pods=50", "--kubelet-arg=node-labels=a=b,c=d"],
      file: "kube-apiserver-arg: [service-node-port-range=31000-31100]",
    });
    expect([flags.maxPods, flags.nodeLabel, flags.serviceNodePortRange]).toEqual(["50", ["a=b", "c=d"], "31000-31100"]);
    expect(originIn(command, "--max-pods")).toBe("--kubelet-arg");
  });

  const wrong: readonly [string, Given, string][] = [
    [
      "a misspelt key",
      { file: "data-dri: 1" },
      'FILE:1: "data-dri" is no flag of skiff server; did you mean data-dir?',
    ],
    ["a key that is none at all", { file: "zebra: 1" }, 'FILE:1: "zebra" is no flag of skiff server'],
    [
      "the file's own name in the file",
      { file: "config: x" },
      'FILE:1: "config" is no flag of skiff server, but of its command line alone',
    ],
    ["a list for one value", { file: "node-name: [a, b]" }, "FILE:1: node-name takes one value, not a list"],
    ["what is neither true nor false", { file: "debug: yes" }, 'FILE:1: debug is "yes"; give true or false'],
    ["the same in a variable", { env: { SKIFF_DEBUG: "on" } }, 'SKIFF_DEBUG: debug is "on"; give true or false'],
    [
      "a flag of k3s that means nothing",
      { args: ["--docker"] },
      "--docker has no meaning here: Skiff runs containers with containerd",
    ],
    [
      "such a key",
      { file: "flannel-iface: eth0" },
      "FILE:1: --flannel-iface has no meaning here: Skiff has no flannel",
    ],
    [
      "an unknown argument",
      { args: ["--kubelet-arg=maxpods=5"] },
      "has no such argument; did you mean max-pods? It knows cluster-dns,",
    ],
    [
      "a value given twice",
      { args: ["--kubelet-arg=max-pods=5", "--max-pods=6"] },
      "--kubelet-arg max-pods=5 and --max-pods are the same: give one of them",
    ],
    ["a file that is not there", { args: ["--config=/nowhere.yaml"] }, "there is no configuration file /nowhere.yaml"],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses ${what}`, async () => await expect(parsed(given)).rejects.toThrow(message));
  }

  it("tells where a wrong value stands", async () => {
    const { command } = await parsed({ env: { SKIFF_NODE_IP: "here" } });
    const failing = (flag: string) =>
      tellingOrigin(command, () => Promise.reject(new UserError(`${flag} "here" is wrong`)));
    await expect(failing("--node-ip")).rejects.toThrow('SKIFF_NODE_IP: --node-ip "here" is wrong');
    await expect(failing("--bind-address")).rejects.toThrow(/^--bind-address/);
  });
});
